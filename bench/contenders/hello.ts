/** The hello world of functions-framework, as Google's quickstart has it. */
import { http } from "@google-cloud/functions-framework";

http("receive", (_request, response) => {
  response.send("Hello World!");
});

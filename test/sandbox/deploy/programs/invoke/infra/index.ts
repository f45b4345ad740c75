import * as pulumi from "@pulumi/pulumi";
import { Thing } from "../../thing.ts";

const thing = new Thing("thing");
const found = pulumi.runtime.invokeOutput("test:index:lookUp", { id: thing.id, secret: pulumi.secret("s") });
export const plain = pulumi.runtime.invoke("test:index:lookUp", { id: "fixed" });
export const dependent = found;

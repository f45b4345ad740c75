import { Box, TestProvider, Thing } from "../../thing.ts";

const provider = new TestProvider("cloud", { endpoint: "http://127.0.0.1:1" });
const first = new Thing("first", { value: "one" });
const second = new Thing("second", { value: first.id, beside: [first.serial] });
const box = new Box("box", {}, second.id);
new Thing("inside", { value: "three" }, { parent: box, dependsOn: second, provider });

import * as pulumi from "@pulumi/pulumi";
import { Thing } from "../../thing.ts";

const protect = new pulumi.Config().getBoolean("protect") ?? false;
const owner = new Thing("owner");
new Thing("with", {}, { deletedWith: owner });
new Thing("child", {}, { parent: owner });
new Thing("retained", {}, { retainOnDelete: true });
new Thing("plain", {}, { protect });

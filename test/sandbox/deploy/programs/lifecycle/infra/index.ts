import * as pulumi from "@pulumi/pulumi";
import { Thing } from "../../thing.ts";

const protect = new pulumi.Config().getBoolean("protect") ?? false;
const owner = new Thing("owner");
const goesWithOwner = new Thing("with", {}, { deletedWith: owner });
new Thing("last", {}, { dependsOn: goesWithOwner });
const house = new Thing("house");
new Thing("child", {}, { parent: house });
new Thing("retained", {}, { retainOnDelete: true });
new Thing("plain", {}, { protect });

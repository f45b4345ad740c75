import * as pulumi from "@pulumi/pulumi";
import { Thing } from "../../thing.ts";

new Thing("thing", {
  text: new pulumi.asset.StringAsset("some text"),
  file: new pulumi.asset.FileAsset("./index.ts"),
  folder: new pulumi.asset.FileArchive("/tmp/absolute"),
  archive: new pulumi.asset.AssetArchive({ "inner.txt": new pulumi.asset.FileAsset("inner.txt") }),
});

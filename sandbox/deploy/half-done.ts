import { Metadata, status } from "@grpc/grpc-js";
import messages from "@pulumi/pulumi/proto/provider_pb.js";
import statuses from "@pulumi/pulumi/proto/status_pb.js";
import any from "google-protobuf/google/protobuf/any_pb.js";
import type { ErrorStatus } from "./grpc.ts";
import { PartialCreateError, type ResourceSchema } from "./handler.ts";
import { toStruct } from "./properties.ts";
import { markSensitive } from "./sensitive.ts";

/**
 * The gRPC status for an error of a creation or an update. Where something came to be all the same, it carries that,
 * so that the engine keeps it in the state (Pulumi, provider.proto, ErrorResourceInitFailed).
 */
export function halfDone(error: unknown, schema: ResourceSchema | undefined): ErrorStatus {
  if (!(error instanceof PartialCreateError) || schema === undefined) return { code: status.UNKNOWN };
  const failure = new messages.ErrorResourceInitFailed();
  failure.setId(error.state.id);
  failure.setProperties(toStruct(markSensitive(schema, error.state.outputs)));
  failure.setReasonsList([error.message]);
  const detail = new any.Any();
  detail.pack(failure.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
  const details = new statuses.Status();
  details.setCode(status.UNKNOWN);
  details.setMessage(error.message);
  details.addDetails(detail);
  const metadata = new Metadata();
  metadata.add("grpc-status-details-bin", Buffer.from(details.serializeBinary()));
  return { code: status.UNKNOWN, metadata };
}

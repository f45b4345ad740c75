import type { Provider } from "../handler.ts";
import { accountHandler } from "./account.ts";
import { bucketHandler } from "./bucket.ts";
import { bucketObjectHandler } from "./bucket-object.ts";
import { createClient } from "./client.ts";
import { cryptoKeyHandler } from "./crypto-key.ts";
import { cryptoKeyVersionHandler, getCryptoKeyVersion } from "./crypto-key-version.ts";
import { datasetHandler } from "./dataset.ts";
import { functionHandler } from "./function.ts";
import { iamMemberHandlers } from "./iam-members.ts";
import { jobHandler } from "./job.ts";
import { keyRingHandler } from "./key-ring.ts";
import { logSinkHandler } from "./log-sink.ts";
import { monitoringHandlers } from "./monitoring/kinds.ts";
import { queueHandler } from "./queue.ts";
import { repositoryHandler } from "./repository.ts";
import type { Context } from "./resource.ts";
import { runServiceHandler } from "./run-service.ts";
import { secretHandler } from "./secret.ts";
import { secretVersionHandler } from "./secret-version.ts";
import { serviceHandler } from "./service.ts";
import { topicHandler } from "./topic.ts";

/** What the provider knows of the cloud. */
export interface GoogleConfiguration {
  /** The address under which every API is. */
  readonly url: string;
  readonly accessToken: string;
  readonly project: string;
  readonly region: string;
  /** The folder of the program: relative paths of assets start there. */
  readonly programFolder: string;
  /** How long to wait before each further try after a 429, 500, 502 or 503, in milliseconds; 3 s in all unless given. */
  readonly retryPauses?: readonly number[];
  /** Resolves when this operation is done, where the cloud is in the same process. */
  readonly ended?: (operation: string) => Promise<void>;
}

const RETRY_PAUSES = [200, 400, 800, 1600];

/** The Google Cloud provider: every type that the program declares, made and unmade over HTTP. */
export function googleProvider(configuration: GoogleConfiguration): Provider {
  const { project, region, programFolder, retryPauses = RETRY_PAUSES, ...others } = configuration;
  const client = createClient({ retryPauses, ...others });
  const context: Context = { client, project, region, programFolder };
  return {
    resources: {
      "gcp:projects/service:Service": serviceHandler(context),
      "gcp:serviceaccount/account:Account": accountHandler(context),
      "gcp:storage/bucket:Bucket": bucketHandler(context),
      "gcp:storage/bucketObject:BucketObject": bucketObjectHandler(context),
      "gcp:artifactregistry/repository:Repository": repositoryHandler(context),
      "gcp:kms/keyRing:KeyRing": keyRingHandler(context),
      "gcp:kms/cryptoKey:CryptoKey": cryptoKeyHandler(context),
      "gcp:kms/cryptoKeyVersion:CryptoKeyVersion": cryptoKeyVersionHandler(context),
      "gcp:secretmanager/secret:Secret": secretHandler(context),
      "gcp:secretmanager/secretVersion:SecretVersion": secretVersionHandler(context),
      "gcp:cloudtasks/queue:Queue": queueHandler(context),
      "gcp:cloudscheduler/job:Job": jobHandler(context),
      "gcp:cloudfunctionsv2/function:Function": functionHandler(context),
      "gcp:cloudrunv2/service:Service": runServiceHandler(context),
      "gcp:logging/projectSink:ProjectSink": logSinkHandler(context),
      "gcp:bigquery/dataset:Dataset": datasetHandler(context),
      "gcp:pubsub/topic:Topic": topicHandler(context),
      ...iamMemberHandlers(context),
      ...monitoringHandlers(context),
    },
    functions: {
      "gcp:kms/getKMSCryptoKeyVersion:getKMSCryptoKeyVersion": getCryptoKeyVersion(context),
    },
  };
}

import { expect, it } from "vitest";
import { narrowerRoles, permissionsOf } from "../../../../sandbox/google/iam/roles.ts";

it.each([
  ["roles/cloudkms.signer", "roles/cloudkms.signerVerifier"],
  ["roles/cloudkms.signer", "roles/cloudkms.cryptoOperator"],
  ["roles/cloudtasks.enqueuer", "roles/cloudtasks.editor"],
  ["roles/cloudtasks.editor", "roles/cloudtasks.admin"],
  ["roles/run.invoker", "roles/run.developer"],
  ["roles/run.developer", "roles/run.admin"],
  ["roles/secretmanager.secretAccessor", "roles/secretmanager.admin"],
  ["roles/artifactregistry.writer", "roles/artifactregistry.repoAdmin"],
  ["roles/artifactregistry.writer", "roles/artifactregistry.createOnPushWriter"],
  ["roles/logging.logWriter", "roles/run.builder"],
  ["roles/storage.objectViewer", "roles/storage.objectUser"],
  ["roles/storage.objectUser", "roles/storage.objectAdmin"],
  ["roles/storage.objectAdmin", "roles/storage.admin"],
])("%s is narrower than %s", (narrow, wide) => {
  expect(narrowerRoles(wide)).toContain(narrow);
  expect(narrowerRoles(narrow)).not.toContain(wide);
});

it("no role is narrower than one that is the same, than one with other permissions, or than one that is not known", () => {
  expect(permissionsOf("roles/run.servicesInvoker")).toEqual(permissionsOf("roles/run.invoker"));
  expect(narrowerRoles("roles/run.invoker")).toEqual([]);
  expect(narrowerRoles("roles/cloudkms.admin")).not.toContain("roles/cloudkms.signer");
  expect(narrowerRoles("roles/emperor")).toEqual([]);
});

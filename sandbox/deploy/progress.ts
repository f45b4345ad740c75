import type { Severity } from "./monitor.ts";

/** What happens during a deployment and its destruction, as it happens. */
export type Progress =
  | { readonly kind: "creating" | "deleting" | "retained"; readonly type: string; readonly name: string }
  | {
      readonly kind: "created" | "deleted";
      readonly type: string;
      readonly name: string;
      readonly milliseconds: number;
    }
  | {
      readonly kind: "failed";
      readonly type: string;
      readonly name: string;
      readonly milliseconds: number;
      readonly message: string;
    }
  | { readonly kind: "hook"; readonly type: string; readonly name: string; readonly hook: string }
  | { readonly kind: "log"; readonly severity: Severity; readonly message: string };

/** Takes each event. */
export type ProgressListener = (progress: Progress) => void;

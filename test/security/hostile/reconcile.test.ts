import { meetCases } from "./meet-cases.ts";
import { startReconcile } from "./subjects.ts";

meetCases("reconcile", startReconcile);

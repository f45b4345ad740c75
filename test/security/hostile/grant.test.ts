import { meetCases } from "./meet-cases.ts";
import { startGrant } from "./subjects.ts";

meetCases("grant", startGrant);

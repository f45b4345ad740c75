/** The file descriptor in an instance of a pipe that its parent holds open for as long as it lives. */
export const LIFELINE = 3;

/** The most characters of why somebody decides of an alert or a failure. What is added to them goes on record too. */
export const REASON_MAX = 200
/** The most characters of why somebody approves or rejects a drift. */
export const DRIFT_REASON_MAX = 1_000

/** One measured number, and what it is held to. The goal is a limit from above. */
export interface Row {
  readonly name: string
  readonly value: number
  readonly unit: string
  /** What was measured in the same run that `value` is divided by. */
  readonly ratioTo: string | null
  readonly ratio: number | null
  /** For a row with a ratio the goal is the ratio's, otherwise the value's. */
  readonly goal: number | null
  readonly met: boolean | null
}

/** A number by itself. */
export function measured(
  name: string,
  value: number,
  unit: string,
  goal: number | null = null,
): Row {
  return { name, value: rounded(value), unit, ratioTo: null, ratio: null, ...held(value, goal) }
}

/** A number against a yardstick of the same run and unit. */
export function against(
  yardstick: Row,
  name: string,
  value: number,
  goal: number | null = null,
): Row {
  const ratio = value / yardstick.value
  const { unit, name: ratioTo } = yardstick
  return { name, value: rounded(value), unit, ratioTo, ratio: rounded(ratio), ...held(ratio, goal) }
}

function held(found: number, goal: number | null) {
  return { goal, met: goal === null ? null : found <= goal }
}

/** Four significant digits: more is noise. */
function rounded(value: number): number {
  return Number(value.toPrecision(4))
}

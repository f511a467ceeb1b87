const PCRS = 24

/** A register's number; an event that extends none names none that there is. */
export function pcrOf(pcr: number): string {
  return pcr < PCRS ? String(pcr) : '–'
}

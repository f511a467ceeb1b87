/** Something that was found in a verdict. Its `id` is stable; its words are not. */
export interface BootFinding {
  readonly id: string
  readonly component: string
  readonly summary: string
  readonly severity: 'info' | 'low' | 'medium' | 'high'
  readonly pcr: number | null
  /** Indexes of events; of the IMA list for `ima.` and `module.` ids. */
  readonly events: readonly number[]
  readonly expected: string | null
  readonly actual: string | null
  readonly advice: string
}

/** A certificate as the log holds it. That it is there proves nothing of who made it. */
export interface BootCertificate {
  readonly subject: string
  readonly issuer: string
  /** SHA-256 of all of it, hexadecimal. */
  readonly sha256: string
  readonly notBefore: string
  readonly notAfter: string
  /** Which measured variable holds it: `db`, `KEK` …; an authority's own where it is in no other. */
  readonly variable: string
}

/** A stage of the boot, from firmware to kernel. */
export interface BootStageView {
  readonly stage: string
  readonly what: string
  readonly digest: string
  readonly signer: string | null
  /** The signer's, then who issued it, as far as what was measured tells. */
  readonly certificates: readonly BootCertificate[]
  readonly pcr: number
  readonly event: number
  readonly verdict: 'expected' | 'changed' | 'unexpected' | 'not-compared'
}

/** A check that judged an event. */
export interface BootEventCheck {
  /** Its number in docs/checks.md. */
  readonly check: number
  readonly title: string
  /** False: it found something about the event, grave or not; a finding says what. */
  readonly passed: boolean
}

/** An event of the firmware's log. */
export interface BootEvent {
  readonly index: number
  readonly pcr: number
  /** By its specification's name: `EV_SEPARATOR`. */
  readonly type: string
  /** In the bank that is shown; null: none. */
  readonly digest: string | null
  /** Whether a quoted register vouches for its digest. */
  readonly vouchedFor: boolean
  /** Whether its data is what was measured: `mismatch` is a lie of whoever wrote the log. */
  readonly status: 'verified' | 'content-elsewhere' | 'mismatch' | 'not-extended'
  /** How its digest comes out of its data; null: it does not. */
  readonly rule: string | null
  /** The bytes of its data that the digest vouches for, from `start` to before `end`. */
  readonly covers: { readonly start: number; readonly end: number } | null
  /** What its data says, in a line; what a guest wrote is text and nothing else. */
  readonly text: string
  /** What else to know of it: deviations from the specification, disguises. */
  readonly notes: readonly string[]
  /** The checks that judged its digest or data; none where no quoted register vouches for the log. */
  readonly checks: readonly BootEventCheck[]
  /** How many bytes of data it has, and the first of them in hexadecimal. */
  readonly bytes: number
  readonly data: string
}

/** A register of a bank. */
export interface BootRegister {
  readonly bank: string
  readonly pcr: number
  readonly events: number
  /** What the firmware's log alone gives. */
  readonly replayed: string
  /** Null: it was not quoted. */
  readonly quoted: string | null
  /** `equal`: the logs give what was quoted. `not explained`: no log does, and the firmware's says no word of it. */
  readonly verdict: 'equal' | 'different' | 'not explained' | 'not given'
}

/** A file that the kernel read: a line of its IMA list. */
export interface BootFile {
  readonly index: number
  /** As the kernel wrote it: a hint, for its digest alone is looked up. */
  readonly path: string
  /** `sha256:…`; null: the line cannot be read. */
  readonly digest: string | null
  readonly template: string
  /** It changed while it was measured. */
  readonly violation: boolean
}

export interface BootClaim {
  readonly value: unknown
  readonly verified: boolean
  readonly events: readonly number[]
}

/** Which reference values a boot was held against, and who answers for them. */
export interface BootReference {
  readonly name: string
  readonly origins: readonly string[]
  readonly approval: 'not-needed' | 'needed' | { by: string; at: string; why: string }
}

/** What a VM showed of a boot: an appraisal record, read for people. */
export interface BootView {
  readonly id: string
  readonly time: string
  readonly tier: 'none' | 'affirming' | 'warning' | 'contraindicated'
  /** Of the evidence and beside it. */
  readonly findings: readonly BootFinding[]
  readonly chain: readonly BootStageView[]
  /** What it was held against, the nearest; null: nothing counted. */
  readonly reference: BootReference | null
  /** Whether the quotes are the VM's own: where not, nothing here is more than somebody's word. */
  readonly isQuoted: boolean
  /** Of which bank the digests are; null: the log cannot be read. */
  readonly bank: string | null
  readonly format: string | null
  readonly banks: readonly string[]
  readonly startupLocality: number | null
  readonly events: readonly BootEvent[]
  readonly registers: readonly BootRegister[]
  readonly claims: Readonly<Record<string, BootClaim>>
  readonly files: readonly BootFile[]
  /** How many more there are than are shown here; the record has all. */
  readonly leftOut: { readonly events: number; readonly files: number }
  /** The verdict as a signed token. */
  readonly token: string
}

import { decode, equalBytes } from '@trusted-launch/codec'
import { TPMS_ATTEST } from '@trusted-launch/tpm2'
import { bytesOf, type Entry, manifest, type Row, textOf } from './manifest.ts'
import {
  isOfUnknownKey,
  isQuote,
  type QuoteFile,
  quotesOfBytes,
  quotesOfJson,
  reportIn,
} from './quote-files.ts'
import { changesOf, faultOf } from './quoted.ts'

/** Quotes of a file: each holds, with what is in the file or beside it, and no change of it does; or is refused. */
export function quotes({ file, expected }: Entry): Row[] {
  const mustFail = /must be refused/i.test(expected)
  return quotesIn(file).flatMap(({ quoted, parts }, i) => {
    const fault = faultOf(quoted)
    if (mustFail) return [row(file, `quote ${i} is refused`, fault ?? 'holds', fault !== null)]
    const withstood = changesOf(quoted).filter((changed) => faultOf(changed) === null)
    const right = fault === null && withstood.length === 0
    const got = fault ?? `${right}, ${withstood.length} changes withstood`
    const of = parts.map((part) => row(part, `of the quote ${file}`, got, right))
    return [row(file, `quote ${i} holds, as it is only`, got, right), ...of]
  })
}

/** A quote of something else than a TPM: TDX's begin with version 4 and their kind of TEE. */
export function otherQuote(entry: Entry): Row[] {
  return isTdx(bytesOf(entry.file))
    ? [row(entry.file, 'no quote of a TPM: not taken', 'not taken', true)]
    : []
}

/** A confidential VM's evidence: its AK is bound to the hardware's report, and what the guest put there is the nonce. */
export function boundEvidence({ file }: Entry): Row[] {
  const report = reportIn(JSON.parse(textOf(file)!))
  const [first] = quotesIn(file)
  if (report === null || first === undefined) return []
  const { extraData } = decode(TPMS_ATTEST, first.quoted.attest)
  const { isBound, userData } = report
  const fresh =
    userData.length === 0 || equalBytes(userData.subarray(0, extraData.length), extraData)
  const got = `bound: ${isBound}, user data: ${userData.length === 0 ? 'none' : fresh}`
  return [row(file, 'AK and user data are of the quote', got, isBound && fresh)]
}

/** A quote that somebody changed. */
export function derivedQuote(entry: Entry): Row[] {
  return entry.file.endsWith('.json') ? quotes(entry) : []
}

/** A quote whose key is nowhere beside it, or a part of one: nobody can say that it holds. */
export function unknownKey({ file, kind }: Entry): Row[] {
  const folder = file.replace(/[^/]*$/, '')
  const near = manifest().filter((other) => other.kind === kind && other.file.startsWith(folder))
  const binary = near.map((other) => other.file).filter((name) => !name.endsWith('.json'))
  const isPart = quotesIn(file).length === 0 && !isQuote(bytesOf(file))
  const stray = isPart ? binary.some(isOfUnknownKey) : isOfUnknownKey(file)
  if (file.endsWith('.json') || !stray || isTdx(bytesOf(file))) return []
  return [row(file, 'its key is not beside it: not believed', 'not believed', true)]
}

/** The quotes of a file, in any of the forms we know. */
export function quotesIn(file: string): QuoteFile[] {
  if (file.endsWith('.json')) return quotesOfJson(JSON.parse(textOf(file)!), file)
  return quotesOfBytes(bytesOf(file), file)
}

const isTdx = (bytes: Uint8Array) => bytes[0] === 4 && bytes[1] === 0 && bytes[4] === 0x81

function row(file: string, expected: string, got: string, right: boolean): Row {
  return { file, expected, got, right }
}

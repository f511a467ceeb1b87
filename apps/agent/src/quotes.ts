import {
  AgentError,
  type BankName,
  type EvidenceRequest,
  type Quote,
} from '@trusted-launch/channel'
import { encode, equalBytes } from '@trusted-launch/codec'
import {
  encodePcrSelection,
  execute,
  PcrError,
  type PcrReading,
  Quote as QuoteCommand,
  readPcrs,
  TPM_ALG,
  TPMT_SIGNATURE,
  type Transport,
} from '@trusted-launch/tpm2'

const ATTEMPTS_MAX = 8

const ALGORITHMS: Record<BankName, number> = {
  sha1: TPM_ALG.SHA1,
  sha256: TPM_ALG.SHA256,
  sha384: TPM_ALG.SHA384,
  sha512: TPM_ALG.SHA512,
}

/** PCRs from here on may change without counting (PCR 16 and 23). PC Client Platform TPM Profile, 4.6. */
const UNCOUNTED_PCRS_FROM = 16

/**
 * One quote for each bank, with the PCR values it signed: read before, looked at again after, and
 * all done anew when one changed meanwhile (IMA extends PCR 10 at any time).
 * @throws {AgentError} `bank-unavailable`, or `pcrs-unstable` when eight attempts were overtaken.
 * @throws {TpmError} the TPM refused.
 */
export async function quoteBanks(
  tpm: Transport,
  akHandle: number,
  request: EvidenceRequest,
): Promise<Quote[]> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const quotes = await quoteOnce(tpm, akHandle, request)
    if (quotes !== null) return quotes
  }
  throw new AgentError('pcrs-unstable', `PCRs changed under ${ATTEMPTS_MAX} quotes`)
}

/** Null when a PCR changed between the first reading and the last. */
async function quoteOnce(
  tpm: Transport,
  akHandle: number,
  request: EvidenceRequest,
): Promise<Quote[] | null> {
  const quotes: Quote[] = []
  let counter: number | null = null
  for (const bank of request.banks) {
    const before = await readBank(tpm, bank, request.pcrs)
    const { quoted, signature } = await execute(tpm, QuoteCommand, {
      signHandle: akHandle,
      qualifyingData: request.nonce,
      inScheme: { scheme: TPM_ALG.NULL, details: null },
      pcrSelect: [encodePcrSelection(ALGORITHMS[bank], request.pcrs)],
    })
    const after = await readBank(tpm, bank, lookedAtAgain(request.pcrs))
    counter ??= before.pcrUpdateCounter
    if (!agree(before, after) || before.pcrUpdateCounter !== counter) return null
    const pcrs = [...before.values]
    quotes.push({ bank, attest: quoted, signature: encode(TPMT_SIGNATURE, signature), pcrs })
  }
  return quotes
}

function lookedAtAgain(pcrs: readonly number[]): readonly number[] {
  const uncounted = pcrs.filter((pcr) => pcr >= UNCOUNTED_PCRS_FROM)
  return uncounted.length > 0 ? uncounted : pcrs.slice(0, 1)
}

function agree(before: PcrReading, after: PcrReading): boolean {
  if (before.pcrUpdateCounter !== after.pcrUpdateCounter) return false
  return after.values.every(({ index, digest }) => {
    const first = before.values.find((value) => value.index === index)
    return first !== undefined && equalBytes(first.digest, digest)
  })
}

async function readBank(
  tpm: Transport,
  bank: BankName,
  pcrs: readonly number[],
): Promise<PcrReading> {
  try {
    return await readPcrs(tpm, ALGORITHMS[bank], pcrs)
  } catch (e) {
    if (!(e instanceof PcrError)) throw e
    const code = e.code === 'PCR_ABSENT' ? 'bank-unavailable' : 'pcrs-unstable'
    throw new AgentError(code, `${bank}: ${e.message}`, { cause: e })
  }
}

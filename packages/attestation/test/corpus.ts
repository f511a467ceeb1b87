import { X509Certificate } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Evidence } from '@trusted-launch/channel'
import { decode, fromHex } from '@trusted-launch/codec'
import { Certificate } from '@trusted-launch/crypto'
import { nameOfPublic, TPMT_PUBLIC } from '@trusted-launch/tpm2'
import type { AppraisalInput } from '../src/appraisal-input.ts'
import { TRUSTED_LAUNCH_POLICY } from '../src/policy.ts'

const root = join(import.meta.dirname, '../../..')

/** Where real evidence lies; the tests that need it skip, and say so, where it does not. */
export const corpus = process.env.EVIDENCE_CORPUS ?? join(root, '../shared/corpus')

/** The reason to skip a test that needs the corpus, or false. */
export const withoutCorpus = existsSync(join(corpus, 'own-evidence'))
  ? false
  : `no evidence corpus at ${corpus} (set EVIDENCE_CORPUS)`

export function readCorpus(...path: string[]): Uint8Array {
  return Uint8Array.from(readFileSync(join(corpus, ...path)))
}

function certificate(...path: string[]): Certificate {
  return Certificate.decode(Uint8Array.from(new X509Certificate(readCorpus(...path)).raw))
}

/** The genuine evidence of `own-evidence/rsa` or `/ecc`, and what is expected of it. */
export function genuine(kind: 'rsa' | 'ecc'): AppraisalInput {
  const read = (name: string) => readCorpus('own-evidence', kind, name)
  const given = JSON.parse(new TextDecoder().decode(read('pcrs.json')))
  const values = (given.sha256 ?? given.pcrs ?? given) as Record<string, string>
  const pcrs = Object.keys(values)
    .map(Number)
    .filter((n) => n < 16)
    .sort((a, b) => a - b)
  const akPublic = read('ak.tpmt')
  const ak = certificate('own-evidence', kind, 'ak.crt')
  const evidence: Evidence = {
    quotes: [
      {
        bank: 'sha256',
        attest: read('quote.msg'),
        signature: read('quote.sig'),
        pcrs: pcrs.map((index) => ({ index, digest: fromHex(values[index]!) })),
      },
    ],
    akPublic,
    akCertificate: ak.der,
    rollback: null,
    info: {
      agentVersion: '',
      kernelRelease: '',
      bootId: '',
      lockdown: '',
      sleepStates: '',
      uptimeMs: 0,
      residentKiB: 0,
    },
    eventLog: read('eventlog.bin'),
    imaLog: null,
    userspaceLog: null,
  }
  const nonce = fromHex(new TextDecoder().decode(read('nonce.hex')).trim())
  return {
    evidence,
    expectation: {
      vm: 'vm-0001',
      nonce,
      akName: nameOfPublic(decode(TPMT_PUBLIC, akPublic)),
      generation: 1,
      retiredAkNames: [],
      banks: ['sha256'],
      pcrs,
      anchors: [certificate('own-evidence', kind, 'ca.crt')],
      machine: null,
      profile: 'strict',
      rollback: null,
    },
    references: null,
    policy: TRUSTED_LAUNCH_POLICY,
    time: ak.notBefore + 1000,
  }
}

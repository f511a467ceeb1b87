import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  VerifiedAttestationKey,
  VerifiedEventLog,
  VerifiedQuote,
  VerifiedToken,
} from '../src/index.ts'

const wantsQuote = (quote: VerifiedQuote) => quote.bank
const wantsLog = (log: VerifiedEventLog) => log.bank
const wantsKey = (key: VerifiedAttestationKey) => key.name

/** Never called: what stands here must not compile, and `tsc` says when it does. */
export function doesNotCompile(quote: VerifiedQuote, log: VerifiedEventLog): void {
  // @ts-expect-error only `verify` makes one
  new VerifiedQuote('sha256', new Map(), quote)
  // @ts-expect-error only `verify` makes one
  new VerifiedEventLog('sha256', [], log)
  // @ts-expect-error only `verify` makes one
  new VerifiedAttestationKey()
  // @ts-expect-error only `verify` makes one
  new VerifiedToken()
  const { bank, pcrs, clockInfo, firmwareVersion } = quote
  // @ts-expect-error a look-alike is none
  wantsQuote({ bank, pcrs, clockInfo, firmwareVersion, isVerified: true })
  // @ts-expect-error a copy is none
  wantsLog({ ...log })
  // @ts-expect-error a quote is no key
  wantsKey(quote)
}

test('what the checks make is told apart by the runtime too', () => {
  assert.equal({} instanceof VerifiedQuote, false)
})

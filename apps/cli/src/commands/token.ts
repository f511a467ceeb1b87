import {
  type ExpectedToken,
  type Finding,
  parseJwks,
  TOKEN_CHARS_MAX,
  type TokenFault,
  VerifiedToken,
} from '@trusted-launch/attestation'
import { fromUtf8 } from '@trusted-launch/codec'
import type { PublicKey } from '@trusted-launch/crypto'
import { Command, Option } from 'commander'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { documented } from '../input-fault.ts'
import { decodedFrom } from '../input-file.ts'
import { jsonText, type Output } from '../output.ts'
import { plain } from '../plain-text.ts'
import { textOfToken } from '../token-text.ts'
import { trustedSigners } from '../trust.ts'
import { exitCodeOfTier } from '../verdict.ts'

interface Options {
  key?: string
  jwks?: string
  audience?: string
  nonce?: string
  issuer?: string
  json?: boolean
}

const jwksBytesMax = 64 << 10

/** `tl token …`: the relying party's side of a verdict. */
export function tokenCommand(output: Output, done: (code: ExitCode) => void): Command {
  return new Command('token')
    .summary('verify a token that says how a VM booted')
    .addHelpText(
      'after',
      '\nExamples:\n  tl token verify token.jwt --jwks jwks.json --audience https://relying.example',
    )
    .addCommand(verifyCommand(output, done))
}

function verifyCommand(output: Output, done: (code: ExitCode) => void): Command {
  return new Command('verify')
    .summary('verify a token, and say in words what it claims')
    .description(
      'Verifies that an issuer who is trusted signed the token, that it is for this audience and holds now. Without --nonce it does not say how new the evidence is: look at its time.',
    )
    .argument('<token>', 'the token itself, or a file that holds it; - for standard input')
    .addOption(
      new Option(
        '--key <file>',
        "the issuer's public key in PEM (default: this installation)",
      ).conflicts('jwks'),
    )
    .option('--jwks <file>', "the issuer's JSON Web Key Set, as it publishes it")
    .option('--audience <name>', 'whom it must be for; needed for one that is for somebody')
    .option('--nonce <text>', 'the nonce that was sent: a fresh quote must have covered it')
    .option('--issuer <url>', 'who must have issued it')
    .option('--json', 'one JSON document in every case')
    .addHelpText(
      'after',
      `
Examples:
  tl token verify token.jwt --jwks jwks.json --audience https://relying.example
  tl token verify - --key issuer.pem --nonce "$nonce" --json < token.jwt

A token that names a key (cnf) is for whoever proves to hold it: ask for that proof.

Exit codes: 0 affirming, 1 refused or no verdict, 2 usage, 3 contraindicated, 4 warning, 5 malformed.`,
    )
    .action((token: string, options: Options) =>
      done(documented(options, output, viewOfUnread, () => run(token, options, output))),
    )
}

/** The document of `tl token verify` where there is no token to judge. */
export function viewOfUnread({ summary }: Finding) {
  return { verified: false, fault: null, reason: summary, tier: 'none', claims: null }
}

function run(given: string, options: Options, output: Output): ExitCode {
  const token = tokenFrom(given)
  const keys = keysFrom(options)
  const { audience = null, nonce = null, issuer = null } = options
  const expected: ExpectedToken = { keys, issuer, audience, nonce, time: Date.now() }
  const verified = VerifiedToken.verify(token, expected)
  if ('fault' in verified) return refuse(verified, options, output)
  const { claims } = verified
  const { ear_status: tier } = claims
  const document = { verified: true, fault: null, reason: null, tier, claims }
  output.out(options.json === true ? jsonText(document) : textOfToken(claims, output))
  return exitCodeOfTier(tier)
}

function refuse({ fault, reason }: TokenFault, { json }: Options, output: Output): ExitCode {
  if (json === true)
    output.out(jsonText({ verified: false, fault, reason, tier: 'none', claims: null }))
  output.err(`tl: refused: ${plain(reason)} (${fault})\n`)
  return fault === 'token-malformed' ? EXIT.malformed : EXIT.failure
}

function keysFrom({ key, jwks }: Options): readonly PublicKey[] {
  if (jwks === undefined) return trustedSigners(key)
  return decodedFrom(jwks, 'a JSON Web Key Set', jwksBytesMax, parseJwks)
}

/** What looks like a token is one: no file has such a name by chance. */
function tokenFrom(given: string): string {
  if (/^[\w-]+\.[\w-]+\.[\w-]+$/.test(given) && given.startsWith('eyJ')) return given
  return decodedFrom(given, 'text', TOKEN_CHARS_MAX + 2, fromUtf8).trim()
}

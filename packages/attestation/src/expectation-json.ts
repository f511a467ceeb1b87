import { toHex } from '@trusted-launch/codec'
import { type Certificate, toBase64url } from '@trusted-launch/crypto'
import { formatted, type Json } from './canonical-json.ts'
import type { Expectation } from './expectation.ts'
import type { TokenBinding } from './token/binding.ts'

/** What was expected, as JSON: bytes in hexadecimal, certificates in base64url. */
export function expectationJson(expectation: Expectation): Json {
  const { activatedKey, binding, givenKey, intermediates = [], machine, rollback } = expectation
  // In the order of canonical JSON; what is undefined is left out.
  return {
    activatedKey: activatedKey && toHex(activatedKey.akName),
    akName: toHex(expectation.akName),
    anchors: certificatesJson(expectation.anchors),
    banks: [...expectation.banks],
    binding: binding && bindingJson(binding),
    generation: expectation.generation,
    givenKey: givenKey && toBase64url(givenKey.spki),
    intermediates: intermediates.length === 0 ? undefined : certificatesJson(intermediates),
    machine: machine === null ? null : { ...machine },
    nonce: toHex(expectation.nonce),
    pcrs: [...expectation.pcrs],
    profile: expectation.profile,
    retiredAkNames: expectation.retiredAkNames.map(toHex),
    rollback:
      rollback === null
        ? null
        : {
            nonce: toHex(rollback.nonce),
            state: { ...rollback.state, unanswered: [...rollback.state.unanswered] },
          },
    sha1Signatures: expectation.sha1Signatures,
    vm: expectation.vm,
  }
}

const texts = new WeakMap<Certificate, Json>()

/** Anchors are in many questions. */
function certificatesJson(certificates: readonly Certificate[]): Json {
  return certificates.map((certificate) => {
    const text = texts.get(certificate) ?? formatted(toBase64url(certificate.der))
    texts.set(certificate, text)
    return text
  })
}

function bindingJson({ jwk, serviceNonce, nonce }: TokenBinding): Json {
  return { jwk, serviceNonce: toHex(serviceNonce), nonce }
}

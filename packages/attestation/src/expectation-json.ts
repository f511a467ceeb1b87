import { toHex } from '@trusted-launch/codec'
import { type Certificate, toBase64url } from '@trusted-launch/crypto'
import type { Json } from './canonical-json.ts'
import type { Expectation } from './expectation.ts'
import type { TokenBinding } from './token/binding.ts'

/** What was expected, as JSON: bytes in hexadecimal, certificates in base64url. */
export function expectationJson(expectation: Expectation): Json {
  const { rollback, intermediates = [] } = expectation
  return {
    vm: expectation.vm,
    nonce: toHex(expectation.nonce),
    ...(expectation.binding === undefined ? {} : { binding: bindingJson(expectation.binding) }),
    akName: toHex(expectation.akName),
    ...(expectation.givenKey === undefined
      ? {}
      : { givenKey: toBase64url(expectation.givenKey.spki) }),
    ...(expectation.activatedKey === undefined
      ? {}
      : { activatedKey: toHex(expectation.activatedKey.akName) }),
    ...(expectation.sha1Signatures === undefined ? {} : { sha1Signatures: true }),
    generation: expectation.generation,
    retiredAkNames: expectation.retiredAkNames.map(toHex),
    banks: [...expectation.banks],
    pcrs: [...expectation.pcrs],
    anchors: certificatesJson(expectation.anchors),
    ...(intermediates.length === 0 ? {} : { intermediates: certificatesJson(intermediates) }),
    machine: expectation.machine === null ? null : { ...expectation.machine },
    profile: expectation.profile,
    rollback:
      rollback === null
        ? null
        : {
            nonce: toHex(rollback.nonce),
            state: { ...rollback.state, unanswered: [...rollback.state.unanswered] },
          },
  }
}

const texts = new WeakMap<Certificate, string>()

/** Anchors are in many questions. */
function certificatesJson(certificates: readonly Certificate[]): Json {
  return certificates.map((certificate) => {
    const text = texts.get(certificate) ?? toBase64url(certificate.der)
    texts.set(certificate, text)
    return text
  })
}

function bindingJson({ jwk, serviceNonce, nonce }: TokenBinding): Json {
  return { jwk, serviceNonce: toHex(serviceNonce), nonce }
}

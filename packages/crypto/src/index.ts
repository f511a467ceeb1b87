export { type AeadParameters, open, seal } from './aead.ts'
export { encryptCfb } from './aes-cfb.ts'
export { type AppendedSignature, decodeAppendedSignature } from './appended-signature.ts'
export { fromBase64url, textToBase64url, toBase64url } from './base64url.ts'
export {
  type ChainFault,
  type ChainFaultCode,
  type ChainOptions,
  type VerifiedChain,
  verifyChain,
} from './chain.ts'
export { decodeSignedData, type SignedData, type SignerInfo } from './cms.ts'
export {
  contextTag,
  DER,
  type DerElement,
  DerReader,
  der,
  derBits,
  derOid,
  derTime,
  derUnsigned,
  inside,
  readDer,
} from './der.ts'
export {
  digest,
  digestHex,
  digestText,
  extendAll,
  hexDigestOfText,
  hmac,
  isDigestOf,
  Register,
} from './digest.ts'
export { formatName } from './distinguished-name.ts'
export { type Agreement, agree } from './ecdh.ts'
export { CryptoError, type CryptoErrorCode } from './errors.ts'
export { DIGEST_SIZE, type HashName } from './hash-name.ts'
export {
  basicConstraints,
  type CertificateFields,
  encodeName,
  extendedKeyUsage,
  extension,
  issueCertificate,
  keyUsage,
  type NameAttribute,
} from './issue-certificate.ts'
export { type Jwk, jwkOf, keyOfJwk, thumbprintOf } from './jwk.ts'
export { kdfa, kdfe } from './kdf.ts'
export { Memo } from './memo.ts'
export { encryptOaep, type OaepParameters } from './oaep.ts'
export { decodePem, formatPem, isPem, type PemBlock } from './pem.ts'
export { type CurveName, PublicKey } from './public-key.ts'
export { sameBytes, sameSecret } from './same-bytes.ts'
export {
  ecdsaSignature,
  rawEcdsaSignature,
  type Signature,
  type SignatureScheme,
  SigningKey,
  verifySignature,
} from './signature.ts'
export { subjectDirectoryNames, subjectUris } from './subject-alt-name.ts'
export { cutText, textToUtf8 } from './utf8.ts'
export {
  certificateOf,
  type SignatureFault,
  type VerifiedSigner,
  verifySignedData,
} from './verify-signed-data.ts'
export { Certificate, EXTENSION, type Extension, KEY_USAGE } from './x509.ts'

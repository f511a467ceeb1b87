import { u8, u16be, u32be } from '@trusted-launch/codec'
import { TPMS_TIME_INFO } from './attest.ts'
import {
  TPM2B_ATTEST,
  TPM2B_AUTH,
  TPM2B_DATA,
  TPM2B_DIGEST,
  TPM2B_ENCRYPTED_SECRET,
  TPM2B_ID_OBJECT,
  TPM2B_MAX_NV_BUFFER,
  TPM2B_NAME,
  TPM2B_NONCE,
  TPM2B_PRIVATE,
  TPM2B_SENSITIVE_DATA,
  TPMI_YES_NO,
  TPML_DIGEST,
  TPML_DIGEST_VALUES,
  TPML_PCR_SELECTION,
} from './buffers.ts'
import { TPMS_CAPABILITY_DATA } from './capability.ts'
import { command } from './command.ts'
import { TPM2B_CREATION_DATA, TPMT_TK_AUTH, TPMT_TK_CREATION } from './creation.ts'
import { TPM2B_NV_PUBLIC } from './nv.ts'
import { TPM2B_PUBLIC, TPM2B_SENSITIVE_CREATE, TPMT_SIG_SCHEME, TPMT_SYM_DEF } from './public.ts'
import { TPMT_SIGNATURE } from './signature.ts'

// In the order of TPM 2.0 Part 3 (revision 1.59); the number is the section. `@__PURE__` lets a bundle
// leave out what it does not use: it keeps the guest agent's memory small.

/** Begins a session after power-on: `TPM_SU`. Part 3, 9.3. */
export const Startup = /* @__PURE__ */ command('Startup', { parameters: { startupType: u16be } })
/** Saves what an orderly start needs: `TPM_SU`. Part 3, 9.4. */
export const Shutdown = /* @__PURE__ */ command('Shutdown', { parameters: { shutdownType: u16be } })
/** Part 3, 10.2. */
export const SelfTest = /* @__PURE__ */ command('SelfTest', {
  parameters: { fullTest: TPMI_YES_NO },
})

/** `nonceCaller` has at least 16 bytes. Part 3, 11.1. */
export const StartAuthSession = /* @__PURE__ */ command('StartAuthSession', {
  handles: ['tpmKey', 'bind'],
  parameters: {
    nonceCaller: TPM2B_NONCE,
    encryptedSalt: TPM2B_ENCRYPTED_SECRET,
    sessionType: u8,
    symmetric: TPMT_SYM_DEF,
    authHash: u16be,
  },
  answerHandle: 'sessionHandle',
  answer: { nonceTPM: TPM2B_NONCE },
})

/** Makes an object under a loaded parent; it is not loaded. Part 3, 12.1. */
export const Create = /* @__PURE__ */ command('Create', {
  handles: ['@parentHandle'],
  parameters: {
    inSensitive: TPM2B_SENSITIVE_CREATE,
    inPublic: TPM2B_PUBLIC,
    outsideInfo: TPM2B_DATA,
    creationPCR: TPML_PCR_SELECTION,
  },
  answer: {
    outPrivate: TPM2B_PRIVATE,
    outPublic: TPM2B_PUBLIC,
    creationData: TPM2B_CREATION_DATA,
    creationHash: TPM2B_DIGEST,
    creationTicket: TPMT_TK_CREATION,
  },
})
/** Part 3, 12.2. */
export const Load = /* @__PURE__ */ command('Load', {
  handles: ['@parentHandle'],
  parameters: { inPrivate: TPM2B_PRIVATE, inPublic: TPM2B_PUBLIC },
  answerHandle: 'objectHandle',
  answer: { name: TPM2B_NAME },
})
/** Part 3, 12.4. */
export const ReadPublic = /* @__PURE__ */ command('ReadPublic', {
  handles: ['objectHandle'],
  answer: { outPublic: TPM2B_PUBLIC, name: TPM2B_NAME, qualifiedName: TPM2B_NAME },
})
/**
 * Opens what was made for the object `activateHandle` and this TPM's key `keyHandle` only: the proof
 * that both are in the same TPM. Part 3, 12.5.
 */
export const ActivateCredential = /* @__PURE__ */ command('ActivateCredential', {
  handles: ['@activateHandle', '@keyHandle'],
  parameters: { credentialBlob: TPM2B_ID_OBJECT, secret: TPM2B_ENCRYPTED_SECRET },
  answer: { certInfo: TPM2B_DIGEST },
})
/** The data of a sealed object, if its policy or password allows. Part 3, 12.7. */
export const Unseal = /* @__PURE__ */ command('Unseal', {
  handles: ['@itemHandle'],
  answer: { outData: TPM2B_SENSITIVE_DATA },
})

/** Random bytes, at most as many as the largest digest: ask again for more. Part 3, 16.1. */
export const GetRandom = /* @__PURE__ */ command('GetRandom', {
  parameters: { bytesRequested: u16be },
  answer: { randomBytes: TPM2B_DIGEST },
})

/** Signs that `objectHandle` is loaded in this TPM. Part 3, 18.2. */
export const Certify = /* @__PURE__ */ command('Certify', {
  handles: ['@objectHandle', '@signHandle'],
  parameters: { qualifyingData: TPM2B_DATA, inScheme: TPMT_SIG_SCHEME },
  answer: { certifyInfo: TPM2B_ATTEST, signature: TPMT_SIGNATURE },
})
/** Signs the digest of the selected PCRs, and the nonce. Part 3, 18.4 (`PCRselect` there). */
export const Quote = /* @__PURE__ */ command('Quote', {
  handles: ['@signHandle'],
  parameters: {
    qualifyingData: TPM2B_DATA,
    inScheme: TPMT_SIG_SCHEME,
    pcrSelect: TPML_PCR_SELECTION,
  },
  answer: { quoted: TPM2B_ATTEST, signature: TPMT_SIGNATURE },
})

/** Part 3, 22.2. */
export const PCR_Extend = /* @__PURE__ */ command('PCR_Extend', {
  handles: ['@pcrHandle'],
  parameters: { digests: TPML_DIGEST_VALUES },
})
/** At most eight values of the selection; `pcrSelectionOut` tells which. See `readPcrs`. Part 3, 22.4. */
export const PCR_Read = /* @__PURE__ */ command('PCR_Read', {
  parameters: { pcrSelectionIn: TPML_PCR_SELECTION },
  answer: {
    pcrUpdateCounter: u32be,
    pcrSelectionOut: TPML_PCR_SELECTION,
    pcrValues: TPML_DIGEST,
  },
})
/** Chooses the banks, from the next start on. `allocationSuccess` may be false. Part 3, 22.5. */
export const PCR_Allocate = /* @__PURE__ */ command('PCR_Allocate', {
  handles: ['@authHandle'],
  parameters: { pcrAllocation: TPML_PCR_SELECTION },
  answer: {
    allocationSuccess: TPMI_YES_NO,
    maxPCR: u32be,
    sizeNeeded: u32be,
    sizeAvailable: u32be,
  },
})

/**
 * Binds a policy to the authorization of an entity. `expiration` 0: it does not expire, and there is
 * no ticket for later. Part 3, 23.4.
 */
export const PolicySecret = /* @__PURE__ */ command('PolicySecret', {
  handles: ['@authHandle', 'policySession'],
  parameters: {
    nonceTPM: TPM2B_NONCE,
    cpHashA: TPM2B_DIGEST,
    policyRef: TPM2B_NONCE,
    expiration: u32be,
  },
  answer: { timeout: TPM2B_NONCE, policyTicket: TPMT_TK_AUTH },
})
/** Binds a policy to PCR values: an empty `pcrDigest` takes those of now. Part 3, 23.7. */
export const PolicyPCR = /* @__PURE__ */ command('PolicyPCR', {
  handles: ['policySession'],
  parameters: { pcrDigest: TPM2B_DIGEST, pcrs: TPML_PCR_SELECTION },
})
/** Part 3, 23.19. */
export const PolicyGetDigest = /* @__PURE__ */ command('PolicyGetDigest', {
  handles: ['policySession'],
  answer: { policyDigest: TPM2B_DIGEST },
})

/** Makes a key from the hierarchy's seed and a template: the same each time. Part 3, 24.1. */
export const CreatePrimary = /* @__PURE__ */ command('CreatePrimary', {
  handles: ['@primaryHandle'],
  parameters: {
    inSensitive: TPM2B_SENSITIVE_CREATE,
    inPublic: TPM2B_PUBLIC,
    outsideInfo: TPM2B_DATA,
    creationPCR: TPML_PCR_SELECTION,
  },
  answerHandle: 'objectHandle',
  answer: {
    outPublic: TPM2B_PUBLIC,
    creationData: TPM2B_CREATION_DATA,
    creationHash: TPM2B_DIGEST,
    creationTicket: TPMT_TK_CREATION,
    name: TPM2B_NAME,
  },
})
/** Replaces the owner, the owner's objects and authorizations; platform-created NV stays. Part 3, 24.6. */
export const Clear = /* @__PURE__ */ command('Clear', { handles: ['@authHandle'] })
/** Part 3, 24.7. */
export const ClearControl = /* @__PURE__ */ command('ClearControl', {
  handles: ['@auth'],
  parameters: { disable: TPMI_YES_NO },
})
/** Part 3, 24.8. */
export const HierarchyChangeAuth = /* @__PURE__ */ command('HierarchyChangeAuth', {
  handles: ['@authHandle'],
  parameters: { newAuth: TPM2B_AUTH },
})

/** Part 3, 25.2. */
export const DictionaryAttackLockReset = /* @__PURE__ */ command('DictionaryAttackLockReset', {
  handles: ['@lockHandle'],
})
/** Times in seconds. Part 3, 25.3. */
export const DictionaryAttackParameters = /* @__PURE__ */ command('DictionaryAttackParameters', {
  handles: ['@lockHandle'],
  parameters: { newMaxTries: u32be, newRecoveryTime: u32be, lockoutRecovery: u32be },
})

/** `flushHandle` is a parameter, not a handle. Part 3, 28.4. */
export const FlushContext = /* @__PURE__ */ command('FlushContext', {
  parameters: { flushHandle: u32be },
})
/** Makes a loaded object persistent, or removes a persistent one. Part 3, 28.5. */
export const EvictControl = /* @__PURE__ */ command('EvictControl', {
  handles: ['@auth', 'objectHandle'],
  parameters: { persistentHandle: u32be },
})

/** Part 3, 29.1. */
export const ReadClock = /* @__PURE__ */ command('ReadClock', {
  answer: { currentTime: TPMS_TIME_INFO },
})

/** One page of what the TPM is or holds, from `property` on: `TPM_CAP`. Part 3, 30.2. */
export const GetCapability = /* @__PURE__ */ command('GetCapability', {
  parameters: { capability: u32be, property: u32be, propertyCount: u32be },
  answer: { moreData: TPMI_YES_NO, capabilityData: TPMS_CAPABILITY_DATA },
})

/** Part 3, 31.3. */
export const NV_DefineSpace = /* @__PURE__ */ command('NV_DefineSpace', {
  handles: ['@authHandle'],
  parameters: { auth: TPM2B_AUTH, publicInfo: TPM2B_NV_PUBLIC },
})
/** Part 3, 31.4. */
export const NV_UndefineSpace = /* @__PURE__ */ command('NV_UndefineSpace', {
  handles: ['@authHandle', 'nvIndex'],
})
/** Part 3, 31.6. */
export const NV_ReadPublic = /* @__PURE__ */ command('NV_ReadPublic', {
  handles: ['nvIndex'],
  answer: { nvPublic: TPM2B_NV_PUBLIC, nvName: TPM2B_NAME },
})
/** At most TPM_PT_NV_BUFFER_MAX bytes. Part 3, 31.7. */
export const NV_Write = /* @__PURE__ */ command('NV_Write', {
  handles: ['@authHandle', 'nvIndex'],
  parameters: { data: TPM2B_MAX_NV_BUFFER, offset: u16be },
})
/** Part 3, 31.9. */
export const NV_Extend = /* @__PURE__ */ command('NV_Extend', {
  handles: ['@authHandle', 'nvIndex'],
  parameters: { data: TPM2B_MAX_NV_BUFFER },
})
/** At most TPM_PT_NV_BUFFER_MAX bytes. Part 3, 31.13. */
export const NV_Read = /* @__PURE__ */ command('NV_Read', {
  handles: ['@authHandle', 'nvIndex'],
  parameters: { size: u16be, offset: u16be },
  answer: { data: TPM2B_MAX_NV_BUFFER },
})
/** Signs what the index holds, and the nonce. Part 3, 31.16. */
export const NV_Certify = /* @__PURE__ */ command('NV_Certify', {
  handles: ['@signHandle', '@authHandle', 'nvIndex'],
  parameters: { qualifyingData: TPM2B_DATA, inScheme: TPMT_SIG_SCHEME, size: u16be, offset: u16be },
  answer: { certifyInfo: TPM2B_ATTEST, signature: TPMT_SIGNATURE },
})

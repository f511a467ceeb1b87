/**
 * What the API would do about a recommendation, as a value: nothing here does it. `none` says why there is
 * nothing that it could do.
 */
export type Fix =
  | {
      readonly kind: 'change-security'
      readonly setup: {
        readonly securityType: 'TrustedLaunch'
        readonly secureBootEnabled: boolean
        readonly vTpmEnabled: boolean
      }
      /** What it costs: a restart; the VM stopped and started again; instances brought to the new model. */
      readonly interruption: 'restart' | 'deallocate' | 'instances'
    }
  | { readonly kind: 'install-extension' }
  | { readonly kind: 'attest' }
  /** Certificates and revocations into the variable store of a deallocated VM. */
  | { readonly kind: 'update-keys' }
  | { readonly kind: 'none'; readonly why: string }

export function noFix(why: string): Fix {
  return { kind: 'none', why }
}

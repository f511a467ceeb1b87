/** What makes a VM monitored, as Azure's clients ask for it. */
export const GUEST_ATTESTATION = {
  location: 'local',
  properties: {
    publisher: 'Microsoft.Azure.Security.LinuxAttestation',
    type: 'GuestAttestation',
    typeHandlerVersion: '1.0',
    autoUpgradeMinorVersion: true,
  },
}

/** The assessment of guest attestation's status. */
export const STATUS = 'b7604066-ed76-45f9-a5c1-c97e4812dc55'

import { type Fault, faults } from '@trusted-launch/api'
import { architectureOf, type Size } from './sizes.ts'

const TARGET = 'securityProfile.securityType'
const UEFI = 'securityProfile.uefiSettings'
const MORE = 'For more information, see https://aka.ms/TrustedLaunch-FAQ'

const badRequest = (message: string, target?: string): Fault => ({
  status: 400,
  code: 'BadRequest',
  message,
  ...(target !== undefined && { target }),
})

/** What is refused about security types and sizes: Azure's texts, letter for letter, where it has one. */
export const refusals = {
  sizeWithoutType: ({ name }: Size, type: string): Fault =>
    badRequest(
      `The VM size '${name}' is not supported for creation of VMs and Virtual Machine Scale Set with '${type}' security type. ${MORE}`,
    ),
  imageWithoutTrustedLaunch: (): Fault =>
    badRequest(
      `Use of TrustedLaunch setting is not supported for the provided image. Please select Trusted Launch Supported Gen2 OS Image. ${MORE}.`,
    ),
  imageOnlyWithType: (type: string): Fault =>
    badRequest(
      `The provided gallery image only supports creation of VMs and VM Scale Sets with '${type}' security type.`,
    ),
  sizeWithoutGeneration: ({ name }: Size, generation: string): Fault =>
    badRequest(
      `The selected VM size '${name}' cannot boot Hypervisor Generation '${generation}'. If this was a Create operation please check that the Hypervisor Generation of the Image matches the Hypervisor Generation of the selected VM Size. If this was an Update operation please select a Hypervisor Generation '${generation}' VM Size. For more information, see https://aka.ms/azuregen2vm`,
    ),
  sizeOfArchitecture: (size: Size, image: string): Fault =>
    badRequest(
      `Cannot create a VM of size '${size.name}' because this VM size only supports a CPU Architecture of '${architectureOf(size)}', but an image or disk with CPU Architecture '${image}' was given. Please check that the CPU Architecture of the image or disk is compatible with that of the VM size.`,
    ),
  /** Azure's text, and why. */
  vtpmLocked: (vm: string, why: string): Fault =>
    faults.operationNotAllowed(
      `Virtual machine ${vm} failed to create from the selected snapshot because the virtual Trusted Platform Module (vTPM) state is locked. To proceed with the VM creation, please select a different snapshot without a locked vTPM state. (${why})`,
    ),
  formerVtpm: (vm: string): Fault =>
    faults.operationNotAllowed(
      `The vTPM in the restore point is of a former generation than the one that virtual machine ${vm} has by now: its keys were retired. Make disks of the restore point, and a VM of these.`,
    ),
  restorePoint: (why: string): Fault =>
    faults.operationNotAllowed(`The restore point cannot be used: ${why}.`),
  managedImage: (trustedLaunch: boolean): Fault =>
    faults.operationNotAllowed(
      trustedLaunch
        ? 'Creation of managed images are not supported for virtual machine with TrustedLaunch security type.'
        : 'Managed images are not made here: make a version of a gallery image from this virtual machine.',
    ),
  supportedOfSource: (id: string): Fault => ({
    status: 400,
    code: 'InvalidParameter',
    message: `The security type 'TrustedLaunchSupported' is not supported for the source id '${id}'. Currently only Vhd Blob, User Image and Gallery Image Version sources are supported for 'TrustedLaunchSupported' images.`,
    target: 'galleryArtifactVersion.properties.storageProfile.source',
  }),
  osDiskOfOtherType: (): Fault =>
    badRequest('Security type of VM is not compatible with the security type of attached OS Disk.'),
  diskCreateOption: (type: string, createOption: string): Fault =>
    badRequest(
      `Security Type '${type}' is not supported for CreateOption '${createOption}'`,
      TARGET,
    ),
  diskPropertyChange: (): Fault => ({
    status: 409,
    code: 'PropertyChangeNotAllowed',
    message: `Changing property '${TARGET}' is not allowed.`,
    target: TARGET,
  }),

  // Azure has no text for these, or none is known.
  confidential: (): Fault =>
    badRequest(
      "Security type 'ConfidentialVM' is not available here: it needs memory that the processor encrypts against the host (AMD SEV-SNP, Intel TDX). Use 'TrustedLaunch', or 'Standard'.",
      TARGET,
    ),
  uefiWithoutTrustedLaunch: (why: string): Fault =>
    badRequest(
      `UEFI settings (Secure Boot, vTPM) need security type 'TrustedLaunch', and ${why}.`,
      UEFI,
    ),
  typeOfRunning: (): Fault =>
    faults.operationNotAllowed(
      'The security type of a VM cannot be changed while it is allocated: deallocate first, then change it and start the VM again.',
      TARGET,
    ),
  generation1: (missing: readonly string[]): Fault =>
    badRequest(
      `Trusted Launch needs a disk that boots by UEFI. This one lacks: ${missing.join('; ')}.`,
      TARGET,
    ),
  hibernation: (osType: 'Linux' | 'Windows', trustedLaunch: boolean): Fault =>
    faults.operationNotAllowed(
      osType === 'Linux' && trustedLaunch
        ? 'Hibernation is not supported for Linux virtual machines with TrustedLaunch security type.'
        : 'Hibernation is not offered by this host.',
      'additionalCapabilities.hibernationEnabled',
    ),
} as const

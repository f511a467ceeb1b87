import { mayTakeSsh } from '../catalogue/images.ts'
import type { JsonObject, Resource } from '../domain/store.ts'
import { noticeOf } from '../domain/vm/unapplied.ts'
import { generationOf, type Notice, securityOf, stateOf } from '../domain/vm/vm.ts'

/** From this version on a VM that is not Trusted Launch says so. */
const STANDARD_SHOWN_FROM = '2025-11-01'

/** A VM's properties, as a version of the API shows them; `userData` to who asks for it. */
export function vmProperties(vm: Resource, apiVersion: string, expand = ''): JsonObject {
  const { vmId } = stateOf(vm)
  const { provisioningState, properties, createdAt } = vm
  const { isTrustedLaunch } = securityOf(vm)
  const { securityProfile, userData, ...others } = properties
  const rest = userData !== undefined && /userData/i.test(expand) ? { ...others, userData } : others
  const timeCreated = new Date(createdAt).toISOString()
  const isShown = isTrustedLaunch || apiVersion.slice(0, 10) >= STANDARD_SHOWN_FROM
  const shown = isShown ? { securityProfile: securityProfile ?? { securityType: 'Standard' } } : {}
  return { ...withExactVersion(vm, rest), ...shown, vmId, provisioningState, timeCreated }
}

/** What is so now; of its extensions, as they are seen. */
export function instanceViewOf(vm: Resource, extensions: readonly JsonObject[]): JsonObject {
  const { power, failure, notices, notEnforced, hasAgent, sshPort, generalized } = stateOf(vm)
  const { integrity, isolated, unapplied, silentSince, image } = stateOf(vm)
  const time = new Date(vm.changedAt).toISOString()
  const agent = hasAgent
    ? {
        vmAgent: {
          vmAgentVersion: '1.0',
          statuses: [statusView('ProvisioningState/succeeded', 'Info', 'Ready', time)],
        },
      }
    : {}
  return {
    ...(typeof (vm.properties as any).osProfile?.computerName === 'string' && {
      computerName: (vm.properties as any).osProfile.computerName,
    }),
    hyperVGeneration: generationOf(vm),
    ...agent,
    disks: diskViews(vm, time),
    ...(extensions.length > 0 && { extensions }),
    bootDiagnostics: {},
    statuses: [
      statusView(
        `ProvisioningState/${vm.provisioningState.toLowerCase()}`,
        failure === null ? 'Info' : 'Error',
        failure === null ? `Provisioning ${vm.provisioningState.toLowerCase()}` : failure.message,
        time,
      ),
      statusView(`PowerState/${power}`, 'Info', `VM ${power}`, time),
      ...(generalized ? [statusView('OSState/generalized', 'Info', 'VM generalized', time)] : []),
      ...(integrity == null ? [] : [integrityView(integrity, time)]),
      ...(silentSince == null ? [] : [silenceView(silentSince, time)]),
      ...(sshPort === null || !mayTakeSsh(image) ? [] : [sshView(sshPort, time)]),
      ...(isolated == null ? [] : [isolatedView(isolated.by, new Date(isolated.at).toISOString())]),
      ...notices.map((notice) => noticeView(notice, time)),
      ...(unapplied === undefined ? [] : [noticeView(noticeOf(unapplied), time)]),
      ...(notEnforced.length === 0 ? [] : [notEnforcedView(notEnforced, time)]),
    ],
  }
}

/** Each disk by its name. */
function diskViews({ properties }: Resource, time: string): JsonObject[] {
  const { osDisk, dataDisks = [] } = (properties as any).storageProfile ?? {}
  return [osDisk, ...dataDisks]
    .filter((disk) => typeof disk?.name === 'string')
    .map(({ name }) => ({
      name,
      statuses: [statusView('ProvisioningState/succeeded', 'Info', 'Provisioning succeeded', time)],
    }))
}

/** What `latest` meant when the VM was made. */
function withExactVersion(vm: Resource, properties: JsonObject): JsonObject {
  const { imageVersion } = stateOf(vm)
  const { storageProfile } = properties as any
  if (imageVersion === undefined || storageProfile?.imageReference === undefined) return properties
  const imageReference = { ...storageProfile.imageReference, exactVersion: imageVersion }
  return { ...properties, storageProfile: { ...storageProfile, imageReference } }
}

export function statusView(
  code: string,
  level: string,
  displayStatus: string,
  time: string,
): JsonObject {
  return { code, level, displayStatus, time }
}

/** What the verifier said of the boot that is on record, in one word: why is in the evidence. */
function integrityView(tier: string, time: string): JsonObject {
  const level = tier === 'affirming' ? 'Info' : 'Warning'
  return statusView(`TrustedLaunch/Integrity/${tier}`, level, `Integrity ${tier}`, time)
}

/** It runs and gives no evidence: the last verdict says nothing of what it does now. */
function silenceView(since: number, time: string): JsonObject {
  const message = `It gave no evidence that was due since ${new Date(since).toISOString()}.`
  return { ...statusView('TrustedLaunch/Silent', 'Warning', 'Attestation silent', time), message }
}

/** Where SSH gets in: the host forwards this port of its loopback to the guest's 22. */
function sshView(port: number, time: string): JsonObject {
  const message = `127.0.0.1:${port}`
  return { code: 'TrustedLaunch/Ssh', level: 'Info', displayStatus: 'SSH', message, time }
}

/** What goes in and out of it is nothing but evidence, and its console. */
function isolatedView(by: string, time: string): JsonObject {
  const message = `Its network was taken away by ${by}.`
  return { ...statusView('TrustedLaunch/Isolated', 'Warning', 'VM isolated', time), message }
}

export function noticeView({ code, level, message }: Notice, time: string): JsonObject {
  return { code, level, displayStatus: code, message, time }
}

export function notEnforcedView(paths: readonly string[], time: string): JsonObject {
  const message = `Kept, without effect on this host: ${paths.join(', ')}`
  return {
    code: 'NotEnforced/Properties',
    level: 'Warning',
    displayStatus: 'Not enforced',
    message,
    time,
  }
}

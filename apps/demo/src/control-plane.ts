import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { ArmClient } from '@trusted-launch/api'
import type { AttestationResult } from '@trusted-launch/attestation'
import type { Service } from '@trusted-launch/service'
import { httpsTo } from './https.ts'
import type { Raised } from './verdict.ts'

const POLL_MS = 100
const GROUP = 'demo'
const LOCATION = 'demo'
const NETWORK = 'Microsoft.Network/virtualNetworks/net'
const SUBNET = 'one'
const SECURITY = 'Microsoft.Security'
/** One vCPU, 1 GiB. */
const SIZE = 'Standard_B1s'
/** Nobody signs in to a VM of the demo: it has no network, and this key's other half is nowhere. */
const SSH_KEY =
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f nobody'

/** The control plane that the demo runs, as any client has it: over HTTPS, by its API. */
export class ControlPlane {
  readonly #client: ArmClient
  readonly #send: ReturnType<typeof httpsTo>
  readonly #endpoint: string
  readonly #group: string

  private constructor(service: Service, caFile: string) {
    const { endpoint, administrator } = service
    this.#endpoint = endpoint
    this.#send = httpsTo(readFileSync(caFile, 'utf8'))
    this.#group = `/subscriptions/${administrator.subscriptionId}/resourceGroups/${GROUP}`
    let token: Promise<string> | null = null
    this.#client = new ArmClient({
      endpoint,
      token: () => (token ??= this.#token(administrator)),
      send: this.#send,
      sleep: () => sleep(POLL_MS),
    })
  }

  /** With a group and a network for the VMs. */
  static async open(service: Service, caFile: string): Promise<ControlPlane> {
    const plane = new ControlPlane(service, caFile)
    await plane.#client.ask('PUT', plane.#group, { location: LOCATION })
    await plane.#put(NETWORK, {
      addressSpace: { addressPrefixes: ['10.0.0.0/16'] },
      subnets: [{ name: SUBNET, properties: { addressPrefix: '10.0.0.0/16' } }],
    })
    return plane
  }

  /** A Trusted Launch VM of the small guest: made, booted and attested when it resolves. @throws {ArmError} */
  async create(name: string): Promise<void> {
    const nic = `Microsoft.Network/networkInterfaces/${name}`
    const subnet = { id: `${this.#at(NETWORK)}/subnets/${SUBNET}` }
    await this.#put(nic, { ipConfigurations: [{ name: 'ip', properties: { subnet } }] })
    const path = `/home/azureuser/.ssh/authorized_keys`
    await this.#put(vm(name), {
      hardwareProfile: { vmSize: SIZE },
      storageProfile: {
        imageReference: {
          ...{ publisher: 'trusted-launch', offer: 'small', sku: 'gen2', version: 'latest' },
        },
        osDisk: { createOption: 'FromImage', deleteOption: 'Delete' },
      },
      osProfile: {
        computerName: name,
        adminUsername: 'azureuser',
        linuxConfiguration: {
          disablePasswordAuthentication: true,
          ssh: { publicKeys: [{ path, keyData: SSH_KEY }] },
        },
      },
      networkProfile: {
        networkInterfaces: [
          { id: this.#at(nic), properties: { primary: true, deleteOption: 'Delete' } },
        ],
      },
      securityProfile: { securityType: 'TrustedLaunch' },
    })
  }

  /** Puts the guest attestation extension onto a VM: it is attested at once, and what fails raises alerts. @throws {ArmError} */
  async monitor(name: string): Promise<void> {
    await this.#put(`${vm(name)}/extensions/GuestAttestation`, {
      publisher: 'Microsoft.Azure.Security.LinuxAttestation',
      type: 'GuestAttestation',
      typeHandlerVersion: '1.0',
      autoUpgradeMinorVersion: true,
    })
  }

  /** What a VM raised: its alerts, and what is recommended of it and not followed. @throws {ArmError} */
  async raised(name: string): Promise<Raised> {
    const id = this.#at(vm(name))
    const alerts: Raised['alerts'][number][] = []
    for await (const { properties } of this.#list(`${this.#group}/providers/${SECURITY}/alerts`))
      if (properties.resourceIdentifiers[0].azureResourceId === id) alerts.push(alertOf(properties))
    const recommendations: string[] = []
    for await (const { name, properties } of this.#list(`${id}/providers/${SECURITY}/assessments`))
      if (properties.status.code === 'Unhealthy') recommendations.push(name)
    return { alerts, recommendations }
  }

  /** Switches Secure Boot of a VM that is off. @throws {ArmError} */
  async setSecureBoot(name: string, secureBootEnabled: boolean): Promise<void> {
    const properties = { securityProfile: { uefiSettings: { secureBootEnabled } } }
    await this.#done('PATCH', this.#at(vm(name)), { properties })
  }

  start(name: string): Promise<void> {
    return this.#done('POST', `${this.#at(vm(name))}/start`)
  }

  /** Off at once, as by its power button held down. */
  powerOff(name: string): Promise<void> {
    return this.#done('POST', `${this.#at(vm(name))}/deallocate?skipShutdown=true`)
  }

  attest(name: string): Promise<void> {
    return this.#done('POST', `${this.#evidence(name)}/attest`)
  }

  delete(name: string): Promise<void> {
    return this.#done('DELETE', this.#at(vm(name)))
  }

  /** The newest verdict, and its record. @throws {Error} there is none. */
  async verdict(name: string): Promise<{ result: AttestationResult; record: Uint8Array }> {
    const path = this.#evidence(name)
    const { latest } = (await this.#client.get(`${path}?$top=1`)) as any
    if (latest === undefined) throw new Error(`there is no verdict on ${name}`)
    const record = await this.#client.getBytes(`${path}/${latest.id}?format=record`)
    return { result: latest.result, record }
  }

  /** Keys that sign records, or authorities of vTPMs, in PEM. */
  async published(what: 'signers' | 'anchors'): Promise<string> {
    const url = `${this.#endpoint}/attestation/${what}.pem`
    return (await this.#send(url, { method: 'GET', headers: {} })).text()
  }

  /** An address that opens the portal once, within a minute, signed in as the demo. @throws {ArmError} */
  async portalAddress(): Promise<string> {
    const { body } = await this.#client.ask('POST', '/portal/tickets')
    return String(body!.url)
  }

  close(): void {
    this.#send.close()
  }

  #list(path: string): AsyncIterable<any> {
    return this.#client.list(path)
  }

  #at(resource: string): string {
    return `${this.#group}/providers/${resource}`
  }

  #evidence(name: string): string {
    return `${this.#at(vm(name))}/providers/TrustedLaunch/evidence`
  }

  #put(resource: string, properties: Record<string, any>): Promise<void> {
    return this.#done('PUT', this.#at(resource), { location: LOCATION, properties })
  }

  async #done(
    method: 'PUT' | 'PATCH' | 'POST' | 'DELETE',
    path: string,
    body?: Record<string, any>,
  ): Promise<void> {
    const { operationUrl } = await this.#client.ask(method, path, body)
    if (operationUrl !== null) await this.#client.wait(operationUrl)
  }

  async #token({ tenantId, clientId, clientSecret }: Service['administrator']): Promise<string> {
    const form = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: clientId,
      client_secret: clientSecret,
      scope: 'https://management.azure.com/.default',
    })
    const answer = await this.#send(`${this.#endpoint}/${tenantId}/oauth2/v2.0/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: String(form),
    })
    return JSON.parse(await answer.text()).access_token
  }
}

function alertOf({ alertType, severity, extendedProperties }: any): Raised['alerts'][number] {
  const { components, cause } = extendedProperties
  return { alertType, severity, component: components === '' ? cause : components }
}

function vm(name: string): string {
  return `Microsoft.Compute/virtualMachines/${name}`
}

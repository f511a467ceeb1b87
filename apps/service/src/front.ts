import { randomBytes } from 'node:crypto'
import type { Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { ArmError } from '@trusted-launch/api'
import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import { displayNameOf } from './catalogue/regions.ts'
import type { Inside } from './domain/deployment/inside.ts'
import { watchingOf } from './domain/figures.ts'
import type { Store } from './domain/store.ts'
import { InsideRoutes } from './http/inside.ts'
import { Metrics } from './http/metrics.ts'
import { within } from './http/portal/within.ts'
import { diagnosticsFile } from './http/resources/diagnostics.ts'
import { reviewed } from './http/reviewed-routes.ts'
import type { ArmRequest } from './http/route.ts'
import { allRoutes } from './http/routes.ts'
import { serverOf } from './http/server.ts'
import { Addresses } from './identity/addresses.ts'
import { attestationDocuments } from './identity/attestation-documents.ts'
import type { AttestationSigner } from './identity/attestation-signer.ts'
import type { StoredAuthorizer } from './identity/authorizer.ts'
import { AUDIENCES } from './identity/issuer/audiences.ts'
import { Issuer } from './identity/issuer/issuer.ts'
import { PortalIssuers } from './identity/portal-issuers.ts'
import type { SealedValues } from './identity/sealed-values.ts'
import { Sessions } from './identity/sessions.ts'
import { TlsCertificate } from './identity/tls/renewal.ts'
import { trustedIssuersIn } from './identity/trusted-issuers.ts'
import { TokenVerifier } from './identity/verify-token.ts'
import type { Works } from './works.ts'

export interface FrontOptions {
  readonly data: string
  readonly listen: { readonly host: string; readonly port: number }
  readonly publicNames: readonly string[]
  readonly location: string
  readonly log: Logger
  readonly now: () => number
  readonly store: Store
  readonly sealed: SealedValues
  readonly tenantId: string
  readonly authorizer: StoredAuthorizer
  readonly works: Works
  readonly signer: AttestationSigner
  /** Where the portal's built files are; absent: it is not served. */
  readonly portal?: string
}

/** HTTPS: who is let in, by which names, and what is asked of whom. */
export class Front {
  /** `https://HOST:PORT` */
  readonly endpoint: string
  /** Absolute path, PEM. */
  readonly caFile: string
  /** The same endpoints, asked from within. */
  readonly inside: Inside
  readonly #app: FastifyInstance
  readonly #tls: TlsCertificate

  private constructor({ app, inside }: Opened, tls: TlsCertificate, endpoint: string) {
    this.inside = inside
    this.#app = app
    this.#tls = tls
    this.endpoint = endpoint
    this.caFile = tls.current.caFile
  }

  static async open(options: FrontOptions): Promise<Front> {
    const { data, listen, publicNames, log, now } = options
    let addresses = new Addresses({ ...listen, publicNames })
    const tls = await TlsCertificate.open(join(data, 'tls'), addresses.names, now, log)
    const opened = await appOf(options, tls, () => addresses)
    const { app } = opened
    try {
      await app.listen(listen)
      const { port } = app.server.address() as AddressInfo
      addresses = new Addresses({ ...listen, port, publicNames })
      tls.renewFor(app.server as unknown as Server)
      return new Front(opened, tls, addresses.bases[0]!)
    } catch (error) {
      await app.close()
      throw error
    }
  }

  async close(): Promise<void> {
    this.#tls.close()
    await this.#app.close()
  }
}

interface Opened {
  readonly app: FastifyInstance
  readonly inside: Inside
}

async function appOf(
  options: FrontOptions,
  tls: TlsCertificate,
  addresses: () => Addresses,
): Promise<Opened> {
  const { store, sealed, log, now, authorizer, works, signer } = options
  const issuer = issuerOf(options, addresses)
  const trusted = await trustedIssuersIn(join(options.data, 'trusted-issuers.json'))
  const { tenantId } = options
  const { principals } = store
  const verifier = new TokenVerifier({ tenantId, issuer, trusted, principals, now })
  const key = await sealed.getOrMake('signer/diagnostics', async () => randomKey())
  const diagnostics = { key, driver: works.driver, now }
  const routes = reviewed(
    allRoutes(works.rules, works.ground, installationOf(options), diagnostics),
  )
  let inside: Inside | null = null
  const issuers = new PortalIssuers({
    ...{ tenantId, trusted, principals, now },
    within: within(() => app),
  })
  const app: FastifyInstance = await serverOf({
    portal: {
      ...{ issuers, sessions: new Sessions(store.values, principals, now) },
      folder: options.portal ?? null,
    },
    ...{ tls: tls.current, log, authorizer, issuer, store, now },
    tenantId,
    baseOf: (host) => baseOf(addresses(), host),
    routes,
    answering: (answering) => {
      inside = new InsideRoutes(routes, answering)
    },
    diagnostics: (params, query) => diagnosticsFile(diagnostics, params, query),
    diskBytes: { ...diagnostics, store },
    authenticate: (header) => verifier.authenticate(header),
    isReady: () => works.isReady(),
    documents: attestationDocuments(
      signer,
      () => addresses().bases[0]!,
      () => works.anchors(),
    ),
    metrics: new Metrics({
      ...{ now, watch: () => watchingOf(store, now(), works.ground.host) },
      attestations: () => works.attestations,
    }),
    changed: (action) => {
      if (action.startsWith('Microsoft.Authorization/')) authorizer.changed()
    },
  })
  works.ground.consoles.serve(app.server as unknown as Server, (host) => addresses().baseOf(host))
  return { app, inside: inside! }
}

function randomKey(): Uint8Array {
  return new Uint8Array(randomBytes(32))
}

function issuerOf(
  { tenantId, store, sealed, log, now }: FrontOptions,
  addresses: () => Addresses,
): Issuer {
  const { principals, values } = store
  return new Issuer({
    ...{ tenantId, audiences: AUDIENCES, principals, values, sealed, now },
    bases: () => addresses().bases,
    baseOf: (host) => addresses().baseOf(host),
    failed: (err) => log.error({ err }, 'the issuer failed'),
  })
}

function installationOf({ tenantId, location, authorizer, store }: FrontOptions) {
  return {
    ...{ tenantId, locationDisplayName: displayNameOf(location) },
    visible: async ({ caller }: ArmRequest) => {
      const ids = await authorizer.subscriptionsOf(caller)
      const found = await Promise.all(ids.map((id) => store.resources.get(id)))
      return found.filter((one) => one !== null)
    },
  }
}

function baseOf(addresses: Addresses, host: string | undefined): string {
  const base = addresses.baseOf(host)
  if (base !== null) return base
  throw new ArmError({
    status: 421,
    code: 'MisdirectedRequest',
    message:
      'This service does not go by the name that the request was sent to. tl up --public-name NAME adds one.',
  })
}

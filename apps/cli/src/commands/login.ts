import { resolve } from 'node:path'
import { ArmClient, ArmError } from '@trusted-launch/api'
import { Command } from 'commander'
import { EXIT, type ExitCode, UsageError } from '../exit-code.ts'
import { jsonText, type Output } from '../output.ts'
import { plain } from '../plain-text.ts'
import { type Credential, tokensOf } from '../service/connection.ts'
import { everything } from '../service/everything.ts'
import { httpsTo } from '../service/https.ts'
import {
  DEFAULT_GROUP,
  keepProfile,
  type Profile,
  parseProfile,
  requireEndpoint,
} from '../service/profile.ts'
import { secretFrom } from '../service/secret-input.ts'
import { told } from '../service/with-service.ts'

interface Options {
  readonly admin?: string
  readonly endpoint?: string
  readonly ca?: string
  readonly clientId?: string
  readonly tenant: string
  readonly subscription?: string
  readonly group?: string
  readonly json?: boolean
}

const NO_ADMIN = 'it is no admin.json; `tl up` has one in its data folder'

/** `tl login`: who asks the control plane from now on. */
export function loginCommand(output: Output, done: (code: ExitCode) => void): Command {
  return new Command('login')
    .summary('sign in to a control plane: what tl asks is asked there')
    .description(
      "Tries who you are and keeps it for your user alone (profile.json in tl's configuration folder, 0600). A client's secret is typed, or read from standard input; it is never an argument.",
    )
    .option('--admin <file>', 'the admin.json that `tl up` wrote')
    .option('--endpoint <url>', 'https://HOST:PORT of a control plane')
    .option('--ca <file>', 'its certificate authority in PEM: no other is believed')
    .option('--client-id <id>', "a service principal's")
    .option('--tenant <id>', "the service principal's tenant, as Azure's clients name it", 'adfs')
    .option('--subscription <id>', 'where more than one may be seen')
    .option(
      '--group <name>',
      `the resource group meant when none is named (default: ${DEFAULT_GROUP})`,
    )
    .option('--json', 'one JSON document')
    .addHelpText(
      'after',
      '\nExamples:\n  tl login --admin ~/.local/share/trusted-launch/service/admin.json\n  tl login --endpoint https://vms.example.org:8443 --ca authority.pem --client-id "$id" < secret',
    )
    .action(async (options: Options) => {
      const profile = await signedIn(await given(options, output), options)
      const file = keepProfile(profile)
      const { endpoint, clientId, subscriptionId, group } = profile
      const text = `signed in to ${endpoint} as ${clientId} (${file})\n`
      const view = { endpoint, clientId, subscriptionId, group, file }
      output.out(options.json === true ? jsonText(view) : text)
      done(EXIT.affirming)
    })
}

type Given = Credential & Pick<Profile, 'caFile'> & { readonly subscriptionId: string | null }

async function given(options: Options, { err }: Output): Promise<Given> {
  const { admin, endpoint, ca, clientId, tenant, subscription = null } = options
  if (admin !== undefined) {
    const profile = parseProfile(resolve(admin), NO_ADMIN)
    return { ...profile, subscriptionId: subscription ?? profile.subscriptionId }
  }
  if (endpoint === undefined || ca === undefined || clientId === undefined)
    throw new UsageError(
      'tl login wants --admin FILE, or --endpoint, --ca and --client-id; `tl up` says where its admin.json is',
    )
  return {
    endpoint: requireEndpoint(endpoint),
    caFile: resolve(ca),
    tenantId: tenant,
    clientId,
    clientSecret: await secretFrom(`secret of ${plain(clientId)}: `, err),
    subscriptionId: subscription,
  }
}

/** Nobody is kept who is not let in. */
async function signedIn(who: Given, { group = DEFAULT_GROUP }: Options): Promise<Profile> {
  const send = httpsTo(who.caFile)
  const client = new ArmClient({
    endpoint: who.endpoint,
    token: tokensOf(who, send),
    send,
    sleep: async () => {},
  })
  try {
    const seen = await everything(client.list('/subscriptions'))
    const ids = seen.map(({ subscriptionId }) => String(subscriptionId))
    const chosen = who.subscriptionId ?? (ids.length === 1 ? ids[0]! : null)
    if (chosen === null || !ids.includes(chosen)) throw new Error(choice(who, chosen, ids))
    const { endpoint, caFile, tenantId, clientId, clientSecret } = who
    return { endpoint, caFile, tenantId, clientId, clientSecret, subscriptionId: chosen, group }
  } catch (error) {
    throw error instanceof ArmError ? await told(error, null) : error
  } finally {
    send.close()
  }
}

function choice({ clientId }: Given, asked: string | null, ids: readonly string[]): string {
  if (ids.length === 0)
    return `${clientId} is let in, but sees no subscription: an owner gives it a role first`
  const which = ids.map((id) => `\n    --subscription ${plain(id)}`).join('')
  return asked === null
    ? `there are several subscriptions:${which}`
    : `no subscription ${asked}:${which}`
}

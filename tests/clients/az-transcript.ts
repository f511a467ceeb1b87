/** `npm run e2e:az`: Debian's `az` against a service with a scripted host; what is typed and printed becomes docs/clients.md. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openService } from '@trusted-launch/service'
import { ScriptedHost } from '@trusted-launch/service/scripted-host'
import pino from 'pino'
import { unpackAz } from '../../tools/az.ts'

const PAGE = join(import.meta.dirname, '../../docs/clients.md')
const MARK = '<!-- Below: made by `npm run e2e:az`. -->\n'
const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f me'

unpackAz()
const { Az, COMPUTE } = await import('./az.ts')
const folder = mkdtempSync(join(tmpdir(), 'tl-az-'))
const service = await openService({
  ...{ data: join(folder, 'data'), location: 'local', publicNames: [] },
  ...{ driver: new ScriptedHost(), listen: { host: '127.0.0.1', port: 0 } },
  ...{ publicPool: ['198.51.100.0/28'], log: pino({ level: 'silent' }) },
})
const az = new Az(folder, join(folder, 'data/tls/authority.pem'))
const { clientId, clientSecret, tenantId, subscriptionId } = service.administrator
for (const [name, text] of [
  ['secret', clientSecret],
  ['key.pub', KEY],
  ['body.json', JSON.stringify({ location: 'local', tags: { by: 'rest' } })],
] as const)
  az.file(name, text)
let page = ''

/** What differs from run to run. */
function told(text: string): string {
  const known: readonly (readonly [string | RegExp, string])[] = [
    [service.endpoint, 'https://127.0.0.1:8443'],
    [`${folder}/`, ''],
    [clientId, 'CLIENT'],
    [tenantId, 'TENANT'],
    [subscriptionId, 'SUBSCRIPTION'],
    [/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22,}/g, 'GUID'],
    [/(_OsDisk_1_)[0-9a-f]{32}/g, '$1…'],
    [/\d{4}-\d\d-\d\dT[\d:.]+(?:Z|\+00:00)/g, 'TIME'],
  ]
  return known.reduce((so, [from, to]) => so.replaceAll(from, to), text)
}

const quoted = (word: string) => (/^[\w@./:=*%+-]+$/.test(word) ? word : `'${word}'`)

/** Types a line, with files of the folder as they are there. */
async function type(line: string): Promise<void> {
  const words = [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quote, word]) => quote ?? word!)
  const given = words
    .map((word) => word.replace(/^(-p=@|@)(?=[a-z])/, `$1${folder}/`))
    .map((word) => (word === 'key.pub' ? join(folder, word) : word))
    .map((word) =>
      word
        .replace('CLIENT', clientId)
        .replace('TENANT', tenantId)
        .replaceAll('SUBSCRIPTION', subscriptionId)
        .replace('https://127.0.0.1:8443', service.endpoint),
    )
  const program = COMPUTE.has(words[0]!) ? 'python3 az.py' : 'az'
  const said = await az.said(...given)
  page += `$ ${program} ${words.map(quoted).join(' ')}\n${told(said).trimEnd()}\n`.replace(
    /\n\n+$/,
    '\n',
  )
}

async function chapter(title: string, ...lines: readonly string[]): Promise<void> {
  process.stdout.write(`${title}\n`)
  page += `\n## ${title}\n\n\`\`\`console\n`
  for (const line of lines) await type(line)
  page += '```\n'
}

const LOGIN = '--admin-username azureuser --ssh-key-values key.pub'
const TRUSTED = '--security-type TrustedLaunch --enable-secure-boot true --enable-vtpm true'
const SMALL = '--image trusted-launch:small:gen2:latest'
const SET = `--orchestration-mode Uniform ${SMALL} --vm-sku Standard_B1s ${LOGIN} ${TRUSTED}`
const GROUP = '/subscriptions/SUBSCRIPTION/resourceGroups/rg'
const VM = `${GROUP}/providers/Microsoft.Compute/virtualMachines/web`

try {
  await chapter(
    'Sign in',
    'cloud register -n own --endpoint-resource-manager https://127.0.0.1:8443',
    'cloud set -n own',
    "login --service-principal -u CLIENT -p=@secret --tenant TENANT --query '[].{name:name,state:state}' -o table",
    "account show --query '{id:id,tenant:tenantId,user:user.type}' -o yaml",
    'group create -n rg -l local -o table',
  )
  await chapter(
    'Virtual machines',
    `vm create -g rg -n web ${SMALL} --size Standard_B1s ${LOGIN} ${TRUSTED} --query '{state:powerState,private:privateIpAddress,public:publicIpAddress}' -o yaml`,
    'vm show -g rg -n web --query securityProfile -o yaml',
    'vm list -g rg -o table',
    'vm deallocate -g rg -n web',
    'vm update -g rg -n web --set securityProfile.uefiSettings.secureBootEnabled=false --query securityProfile.uefiSettings -o yaml',
    'vm start -g rg -n web',
    "vm get-instance-view -g rg -n web --query 'instanceView.statuses[:2].code' -o tsv",
  )
  await chapter(
    'Scale sets',
    `vmss create -g rg -n fleet --instance-count 2 ${SET} --query 'vmss.provisioningState' -o tsv`,
    "network lb show -g rg -n fleetLB --query 'inboundNatRules[].{name:name,port:frontendPort,to:backendPort}' -o table",
    "vmss scale -g rg -n fleet --new-capacity 3 --query 'sku.capacity' -o tsv",
    'vmss list -g rg -o table',
    "vmss list-instances -g rg -n fleet --query '[].{id:instanceId,latest:latestModelApplied}' -o table",
    'vmss delete -g rg -n fleet',
  )
  await chapter(
    'Galleries',
    'sig create -g rg -r ours -o table',
    'sig show -g rg -r ours -o table',
    'sig list -g rg -o table',
    'sig image-definition create -g rg -r ours -i web -p me -f web -s gen2 --os-type Linux --os-state Specialized --hyper-v-generation V2 --features SecurityType=TrustedLaunch --query features -o table',
    "sig image-definition show -g rg -r ours -i web --query '{name:name,state:osState}' -o yaml",
    'sig image-definition list -g rg -r ours -o table',
    'vm deallocate -g rg -n web',
    `sig image-version create -g rg -r ours -i web -e 1.0.0 --virtual-machine ${VM} --query provisioningState -o tsv`,
    "sig image-version show -g rg -r ours -i web -e 1.0.0 --query '{name:name,state:provisioningState}' -o yaml",
    'sig image-version list -g rg -r ours -i web -o table',
  )
  await chapter(
    'Disks',
    'disk create -g rg -n data --size-gb 4 --query diskState -o tsv',
    "disk show -g rg -n data --query '{name:name,sizeGb:diskSizeGb}' -o yaml",
    'disk update -g rg -n data --size-gb 8 --query diskSizeGb -o tsv',
    "disk list -g rg --query '[].{name:name,sizeGb:diskSizeGb,state:diskState}' -o table",
    'disk delete -g rg -n data --yes',
  )
  await chapter(
    'Anything else',
    `rest --method put --url ${GROUP}/providers/Microsoft.Network/virtualNetworks/net?api-version=2024-05-01 --body @body.json --query '{name:name,tags:tags}' -o yaml`,
    'security alert list -o table',
    'security assessment list -o table',
    'vm delete -g rg -n web --yes',
    'group delete -n rg --yes',
  )
  const [above] = readFileSync(PAGE, 'utf8').split(MARK)
  writeFileSync(PAGE, `${above}${MARK}${page}`)
} finally {
  await service.close()
  rmSync(folder, { recursive: true })
}

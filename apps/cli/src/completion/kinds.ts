/** What names there are of: in the control plane, but of machines, which are this host's. */
export const KINDS = [
  ...['vm', 'disk', 'image', 'own-image', 'binding', 'size', 'group', 'operation'],
  ...['alert', 'destination', 'suppression', 'policy', 'drift', 'reference', 'announcement'],
  ...['recommendation', 'evidence', 'set', 'instance', 'gallery', 'definition', 'version'],
  ...['deployment', 'snapshot', 'restore-point', 'machine', 'network', 'nsg'],
  'signing-key',
] as const
export type Kind = (typeof KINDS)[number]

/** What a value is: a name of a kind, a file, or whatever whoever types it thinks of. */
export type Taken = Kind | 'file' | 'anything'

/** By what takes it, as its help writes it: `vm show <name>`, `vm create --size <name>`. The first row that fits holds. */
const VALUES: readonly [taker: RegExp, taken: Taken][] = [
  [/^login --/, 'anything'],
  [/ --group <name>$/, 'group'],
  [/ --vm <name>$/, 'vm'],
  [/ --set <name>$/, 'set'],
  [/ --network <name>$/, 'network'],
  [/ --alert <id>$/, 'alert'],
  [/^(?:vm|vmss) (?:create|import|update) --size <name>$/, 'size'],
  [/^(?:vm|vmss) (?:create|update) --image <image>$/, 'image'],
  [/^image sign --key <key>$/, 'signing-key'],
  [/^gallery image-version create --image <image>$/, 'own-image'],
  [/^disk create --copy /, 'disk'],
  [/^disk create --snapshot /, 'snapshot'],
  [/^snapshot create --disk /, 'disk'],
  [/^gallery image-version create --disk /, 'disk'],
  [/^(?:disk create|image import|gallery image-version create) --file <file>$/, 'file'],
  [/ --\S+ <(?:file|dir|folder|keys?|files|plan)>$/, 'file'],
  [/ --\S+ </, 'anything'],
  [/^(?:restore-point \S+|vm clone) <vm>$/, 'vm'],
  [/^(?!gallery).* create <\w+>$/, 'anything'],
  [/^vm ssh <command>$/, 'anything'],
  [/^(?:evidence|drift|recommendation|reference-values) \S+ <vm>$/, 'vm'],
  [/^announcement \S+ <name>$/, 'announcement'],
  [/^vm (?:\S+|security \S+) <name>$/, 'vm'],
  [/^evidence export <id>$/, 'evidence'],
  [/^drift \S+ <id>$/, 'drift'],
  [/^recommendation fix <id>$/, 'recommendation'],
  [/^reference-values revoke <id>$/, 'reference'],
  [/^group (?:delete|export) <group>$/, 'group'],
  [/^disk \S+ <name>$/, 'disk'],
  [/^network nsg .*<rule>$/, 'anything'],
  [/^network nsg .*<name>$/, 'nsg'],
  [/^network \S+ <name>$/, 'network'],
  [/^snapshot \S+ <name>$/, 'snapshot'],
  [/^restore-point \S+ <point>$/, 'restore-point'],
  [/^image delete <image>$/, 'own-image'],
  [/^image show <image>$/, 'image'],
  [/^image bind <name>$/, 'anything'],
  [/^image bind <image>$/, 'image'],
  [/^image unbind <name>$/, 'binding'],
  [/^operation \S+ <id>$/, 'operation'],
  [/^alert destination \S+ <name>$/, 'destination'],
  [/^alert suppression \S+ <name>$/, 'suppression'],
  [/^alert \S+ <id>$/, 'alert'],
  [/^policy \S+ <id>$/, 'policy'],
  [/^host vm \S+ <name>$/, 'machine'],
  [/^signing-key import <key>$/, 'anything'],
  [/^signing-key \S+ <key>$/, 'signing-key'],
  [/^vmss (?:\S+|rolling-upgrade \S+|instance \S+) <name>$/, 'set'],
  [/^vmss .* <id>$/, 'instance'],
  [/^gallery create <gallery>$/, 'anything'],
  [/^gallery image-definition create <definition>$/, 'anything'],
  [/^gallery image-version create <version>$/, 'anything'],
  [/^gallery .*<gallery>$/, 'gallery'],
  [/^gallery .*<definition>$/, 'definition'],
  [/^gallery .*<version>$/, 'version'],
  [/^deployment \S+ <name>$/, 'deployment'],
  [/^demo <options>$/, 'anything'],
  [/^\S+(?: \S+)* <(?:file|before|after|plan|token|image|record|out|template)>$/, 'file'],
]

/** What is taken there; null: nobody said. */
export function takenBy(taker: string): Taken | null {
  return VALUES.find(([pattern]) => pattern.test(taker))?.[1] ?? null
}

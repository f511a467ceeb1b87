/** The last of an id's names. */
export function nameIn(id: string): string {
  return id.slice(id.lastIndexOf('/') + 1)
}

/** The id of the group that a resource is in; the same for any case of letters. */
export function groupOf(id: string): string {
  return id.split('/providers/')[0]!.toLowerCase()
}

/** The name of that group, as the id has it. */
export function groupNameIn(id: string): string {
  return /\/resourceGroups\/([^/]+)/i.exec(id)?.[1] ?? ''
}

/** What a virtual machine is made of, as the command line writes it. */
export function imageText(image: Readonly<Record<string, string>>): string {
  const { publisher, offer, sku, exactVersion, version, id } = image
  return id ?? [publisher, offer, sku, exactVersion ?? version].filter(Boolean).join(':')
}

/** Providers whose resources extend others: `{any id}/providers/Microsoft.Authorization/locks/x`. */
const EXTENDING = [
  'microsoft.authorization',
  'microsoft.security',
  'microsoft.resourcehealth',
  'trustedlaunch',
]

/** Types of ours that lie in a subscription or group like others. */
const OWN_TYPES = ['uploads', 'imagebindings']

/** What is asked of a provider itself extends nothing. */
const PROVIDERS_OWN = /^\/providers\/[^/]+\/operations$/i

/**
 * A request's path as the router takes it: slashes doubled by clients are one, the last one is none, and the id that is extended
 * is one segment. What is no ASCII stays encoded: in another case such letters may be more or fewer, and the
 * router cuts names by their place.
 */
export function scopedPath(url: string): string {
  const [given = '', ...query] = url.split('?')
  const path = given
    .replaceAll(/\/{2,}/g, '/')
    .replace(/(.)\/$/, '$1')
    .replaceAll(/%(?=[89a-f])/gi, '%25')
  const rest = query.length === 0 ? '' : `?${query.join('?')}`
  const at = path.toLowerCase().lastIndexOf('/providers/')
  const [provider = '', type = ''] = path
    .slice(at + '/providers/'.length)
    .toLowerCase()
    .split('/')
  const isOfProvider = PROVIDERS_OWN.test(path)
  const isExtension = EXTENDING.includes(provider) && !OWN_TYPES.includes(type) && !isOfProvider
  if (at < 0 || !isExtension) return path + rest
  return `/${encodeURIComponent(decoded(path.slice(0, at)) || '/')}${path.slice(at)}${rest}`
}

/** What is encoded wrongly stays as it is: it is no name. */
function decoded(scope: string): string {
  try {
    return decodeURIComponent(scope).replaceAll(/\/{2,}/g, '/')
  } catch {
    return scope
  }
}

/** What `az cloud register` and Terraform ask of an endpoint, at the address that they asked. */
export function endpointsMetadata(base: string, apiVersion: string): object {
  const audiences = ['https://management.core.windows.net/', 'https://management.azure.com/', base]
  if (apiVersion >= '2022')
    return {
      ...common(base),
      name: 'trusted-launch',
      resourceManager: base,
      authentication: {
        loginEndpoint: `${base}/adfs`,
        audiences,
        tenant: 'adfs',
        identityProvider: 'ADFS',
      },
      microsoftGraphResourceId: base,
      suffixes: {},
    }
  return { ...common(base), authentication: { loginEndpoint: `${base}/adfs`, audiences } }
}

function common(base: string) {
  return {
    galleryEndpoint: base,
    graphEndpoint: base,
    graphAudience: base,
    portalEndpoint: base,
    media: base,
  }
}

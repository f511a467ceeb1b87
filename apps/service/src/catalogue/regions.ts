/** A region of Azure's; a catalogue: an installation serves its own locations, which may take such a name. */
export interface Region {
  readonly name: string
  readonly displayName: string
  readonly geography: string
  readonly cloud: 'AzureCloud' | 'AzureUSGovernment' | 'AzureChinaCloud'
}

const clouds: Readonly<Record<Region['cloud'], Readonly<Record<string, string>>>> = {
  AzureCloud: {
    Australia: 'Australia Central, Australia Central 2, Australia East, Australia Southeast',
    Austria: 'Austria East',
    Belgium: 'Belgium Central',
    Brazil: 'Brazil South, Brazil Southeast',
    Canada: 'Canada Central, Canada East',
    Chile: 'Chile Central',
    'Asia Pacific': 'East Asia, Southeast Asia',
    Denmark: 'Denmark East',
    Europe: 'North Europe, West Europe',
    France: 'France Central, France South',
    Germany: 'Germany North, Germany West Central',
    India: 'Central India, Jio India Central, Jio India West, South India, West India',
    Indonesia: 'Indonesia Central',
    Israel: 'Israel Central',
    Italy: 'Italy North',
    Japan: 'Japan East, Japan West',
    Korea: 'Korea Central, Korea South',
    Malaysia: 'Malaysia West',
    Mexico: 'Mexico Central',
    'New Zealand': 'New Zealand North',
    Norway: 'Norway East, Norway West',
    Poland: 'Poland Central',
    Qatar: 'Qatar Central',
    'South Africa': 'South Africa North, South Africa West',
    Spain: 'Spain Central',
    Sweden: 'Sweden Central, Sweden South',
    Switzerland: 'Switzerland North, Switzerland West',
    UAE: 'UAE Central, UAE North',
    'United Kingdom': 'UK South, UK West',
    'United States':
      'Central US, East US, East US 2, North Central US, South Central US, West Central US, West US, West US 2, West US 3',
  },
  AzureUSGovernment: {
    'US Government': 'USGov Arizona, USGov Texas, USGov Virginia, USDoD Central, USDoD East',
  },
  AzureChinaCloud: {
    China: 'China East, China East 2, China East 3, China North, China North 2, China North 3',
  },
}

/** All of Azure's regions: public, US Government and China. */
export const regions: readonly Region[] = Object.entries(clouds).flatMap(([cloud, geographies]) =>
  Object.entries(geographies).flatMap(([geography, names]) =>
    names.split(', ').map((displayName) => ({
      name: locationNamed(displayName),
      displayName,
      geography,
      cloud: cloud as Region['cloud'],
    })),
  ),
)

/** `West Europe` and `westeurope` name the same location. */
export function locationNamed(text: string): string {
  return text.replaceAll(' ', '').toLowerCase()
}

/** `West Europe` is `westeurope`. */
export function isSameLocation(a: string, b: string): boolean {
  return locationNamed(a) === locationNamed(b)
}

/** As people read it: Azure's name where it is one of Azure's regions, else as it is. */
export function displayNameOf(location: string): string {
  return regions.find(({ name }) => name === locationNamed(location))?.displayName ?? location
}

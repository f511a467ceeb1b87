import {
  DISKS_32,
  DISKS_64,
  DISKS_V6,
  DISKS_V7,
  type Family,
  NICS_8,
  NICS_CLOSE,
  NICS_V7,
  NICS_V7_AMD,
} from './family.ts'

const LESS_64 = '4-2 8-2 8-4 16-4 16-8 32-8 32-16 64-16 64-32'
const LESS = `${LESS_64} 96-24 96-48`
const LESS_128 = `${LESS} 128-32 128-64`
const TO_48 = '2 4 8 16 20 32 48'
const V3 = `${TO_48} 64:432`
const V4 = `${TO_48} 64:504`
const V5 = `${TO_48} 64 96:672`
const EB_V5 = '2 4 8 16 32 48 64 96:672'
const EB_V6 = '2 4 8 16 32 48 64 96 128'
const V6 = `${TO_48} 64 96 128 ${LESS_128}`
const V7 = `${TO_48} 64 96 128 192`
const V7_AMD = `2 4 8 16 32 48 64 96 128 160 ${LESS_128}`
const NET = '2 4 8 16 32 48 64 96 128'
const E5 = { gb: 8, disks: DISKS_32, nics: NICS_8 }
const E6 = { gb: 8, disks: DISKS_V6, nics: NICS_8, is: 'gen2 premium smt nvme' }
const E6_AMD = { gb: 8, disks: DISKS_32, nics: NICS_8, is: 'gen2 premium smt nvme' }
const E6_NET = { gb: 8, disks: DISKS_V6, nics: '2:4 8:8 96:15', is: 'gen2 premium smt nvme' }
const E7 = { gb: 8, disks: DISKS_V7, nics: NICS_V7, is: 'gen2 premium smt nvme' }
const E7_AMD = { gb: 8, disks: DISKS_V7, nics: NICS_V7_AMD, is: 'gen2 premium nvme' }
const ARM_V5 = { gb: 8, disks: DISKS_32, nics: NICS_CLOSE, is: 'gen2 premium arm64' }
const ARM_V6 = { gb: 8, disks: DISKS_V6, nics: NICS_8, is: 'gen2 premium arm64 nvme' }
const BOTH = 'gen1 gen2 premium smt'
const BOTH_PLAIN_DISKS = 'gen1 gen2 smt'
const WHOLE = { disks: '64:64', nics: '64:8' }

/** Memory optimized: E, Eb and G. */
// biome-ignore format: a table
export const memory: readonly Family[] = [
  { family: 'standardGFamily', series: 'G', names: 'G*', sizes: '1:28:2 2:56:4 3:112:8 4:224:16 5:448:32', disks: DISKS_64, nics: '2:2 4:2 8:4 16:8', temp: 192, is: 'gen1 plain old' },
  { family: 'standardGSFamily', series: 'GS', names: 'GS*', sizes: '1:28:2 2:56:4 3:112:8 4:224:16 5:448:32 4-4 4-8 5-8 5-16', disks: DISKS_64, nics: '2:2 4:2 8:4 16:8', temp: 28, is: 'gen1 gen2 premium plain' },
  { family: 'standardEv3Family', series: 'Ev3', names: 'E*_v3', sizes: V3, ...E5, temp: 25, is: 'gen1 smt old' },
  { family: 'standardEIv3Family', series: 'Ev3', names: 'E*i_v3', sizes: '64:432', ...E5, temp: 25, is: 'gen1 smt old' },
  { family: 'standardESv3Family', series: 'Esv3', names: 'E*s_v3', sizes: `${V3} ${LESS_64}`, ...E5, temp: '32 64 128 256 320 512 768 864', is: BOTH },
  { family: 'standardEISv3Family', series: 'Esv3', names: 'E*is_v3', sizes: '64:432', ...E5, temp: 13.5, is: BOTH },
  { family: 'standardEv4Family', series: 'Ev4', names: 'E*_v4', sizes: V4, ...E5, is: BOTH_PLAIN_DISKS },
  { family: 'standardESv4Family', series: 'Esv4', names: 'E*s_v4', sizes: `${V4} ${LESS_64}`, ...E5, is: BOTH },
  { family: 'standardXEISv4Family', series: 'Esv4', names: 'E*is_v4', sizes: '80:504', disks: '80:64', nics: NICS_8, is: BOTH },
  { family: 'standardEDv4Family', series: 'Edv4', names: 'E*d_v4', sizes: V4, ...E5, temp: 37.5, is: BOTH_PLAIN_DISKS },
  { family: 'standardEDSv4Family', series: 'Edsv4', names: 'E*ds_v4', sizes: `${V4} ${LESS_64}`, ...E5, temp: 37.5, is: BOTH },
  { family: 'standardXEIDSv4Family', series: 'Edsv4', names: 'E*ids_v4', sizes: '80:504', disks: '80:64', nics: NICS_8, temp: 30, is: BOTH },
  { family: 'standardEAv4Family', series: 'Eav4', names: 'E*a_v4', sizes: V5, ...E5, temp: 25, is: BOTH_PLAIN_DISKS },
  { family: 'standardEASv4Family', series: 'Easv4', names: 'E*as_v4', sizes: `${V5} ${LESS}`, ...E5, temp: '32 64 128 256 320 512 768 1024 1344', is: BOTH },
  { family: 'standardEIASv4Family', series: 'Easv4', names: 'E*ias_v4', sizes: '96:672', ...E5, temp: 14, is: BOTH },
  { family: 'standardEv5Family', series: 'Ev5', names: 'E*_v5', sizes: V5, ...E5, is: BOTH_PLAIN_DISKS },
  { family: 'standardEIv5Family', series: 'Ev5', names: 'E*i_v5', sizes: '104:672', ...WHOLE, is: BOTH_PLAIN_DISKS },
  { family: 'standardESv5Family', series: 'Esv5', names: 'E*s_v5', sizes: `${V5} ${LESS}`, ...E5, is: BOTH },
  { family: 'standardEISv5Family', series: 'Esv5', names: 'E*is_v5', sizes: '104:672', ...WHOLE, is: BOTH },
  { family: 'standardEDv5Family', series: 'Edv5', names: 'E*d_v5', sizes: V5, ...E5, temp: 37.5, is: BOTH_PLAIN_DISKS },
  { family: 'standardEIDv5Family', series: 'Edv5', names: 'E*id_v5', sizes: '104:672', ...WHOLE, temp: '3800', is: BOTH_PLAIN_DISKS },
  { family: 'standardEDSv5Family', series: 'Edsv5', names: 'E*ds_v5', sizes: `${V5} ${LESS}`, ...E5, temp: 37.5, is: BOTH },
  { family: 'standardEIDSv5Family', series: 'Edsv5', names: 'E*ids_v5', sizes: '104:672', ...WHOLE, temp: '3800', is: BOTH },
  { family: 'standardEASv5Family', series: 'Easv5', names: 'E*as_v5', sizes: `${V5} ${LESS}`, ...E5, is: BOTH },
  { family: 'standardEIASv5Family', series: 'Easv5', names: 'E*ias_v5', sizes: '112:672', ...WHOLE, is: BOTH },
  { family: 'standardEADSv5Family', series: 'Eadsv5', names: 'E*ads_v5', sizes: `${V5} ${LESS}`, ...E5, temp: 37.5, is: BOTH },
  { family: 'standardEIADSv5Family', series: 'Eadsv5', names: 'E*iads_v5', sizes: '112:672', ...WHOLE, temp: '3800', is: BOTH },
  { family: 'standardEBSv5Family', series: 'Ebsv5', names: 'E*bs_v5', sizes: EB_V5, ...E5, is: BOTH },
  { family: 'standardEIBSv5Family', series: 'Ebsv5', names: 'E*ibs_v5', sizes: '112:672', ...WHOLE, is: BOTH },
  { family: 'standardEBDSv5Family', series: 'Ebdsv5', names: 'E*bds_v5', sizes: EB_V5, ...E5, temp: 37.5, is: BOTH },
  { family: 'standardEIBDSv5Family', series: 'Ebdsv5', names: 'E*ibds_v5', sizes: '112:672', ...WHOLE, temp: '3800', is: BOTH },
  { family: 'standardEPSv5Family', series: 'Epsv5', names: 'E*ps_v5', sizes: '2 4 8 16 20 32:208', ...ARM_V5 },
  { family: 'standardEPDSv5Family', series: 'Epdsv5', names: 'E*pds_v5', sizes: '2 4 8 16 20 32:208', ...ARM_V5, temp: 37.5 },
  { family: 'StandardEsv6Family', series: 'Esv6', names: 'E*s_v6', sizes: V6, ...E6 },
  { family: 'StandardEsv6Family', series: 'Esv6', names: 'E*is_v6', sizes: '192:1832', ...E6 },
  { family: 'StandardEdsv6Family', series: 'Edsv6', names: 'E*ds_v6', sizes: V6, ...E6, nvme: 55 },
  { family: 'StandardEdsv6Family', series: 'Edsv6', names: 'E*ids_v6', sizes: '192:1832', ...E6, nvme: 55 },
  { family: 'StandardEbsv6Family', series: 'Ebsv6', names: 'E*bs_v6', sizes: EB_V6, ...E6 },
  { family: 'StandardEbsv6Family', series: 'Ebsv6', names: 'E*ibs_v6', sizes: '192:1832', ...E6 },
  { family: 'StandardEbdsv6Family', series: 'Ebdsv6', names: 'E*bds_v6', sizes: EB_V6, ...E6, nvme: 55 },
  { family: 'StandardEbdsv6Family', series: 'Ebdsv6', names: 'E*ibds_v6', sizes: '192:1832', ...E6, nvme: 55 },
  { family: 'StandardEnv6Family', series: 'Ensv6', names: 'E*ns_v6', sizes: NET, ...E6_NET },
  { family: 'StandardEndv6Family', series: 'Endsv6', names: 'E*nds_v6', sizes: NET, ...E6_NET, nvme: 55 },
  { family: 'standardEav6Family', series: 'Easv6', names: 'E*as_v6', sizes: `${V5} ${LESS}`, ...E6_AMD },
  { family: 'standardEadv6Family', series: 'Eadsv6', names: 'E*ads_v6', sizes: `${V5} ${LESS}`, ...E6_AMD, nvme: 55 },
  { family: 'StandardEpsv6Family', series: 'Epsv6', names: 'E*ps_v6', sizes: EB_V5, ...ARM_V6 },
  { family: 'StandardEpdsv6Family', series: 'Epdsv6', names: 'E*pds_v6', sizes: EB_V5, ...ARM_V6, nvme: 55 },
  { family: 'StandardEsv7Family', series: 'Esv7', names: 'E*s_v7', sizes: V7, ...E7 },
  { family: 'StandardEsv7Family', series: 'Esv7', names: 'E*is_v7', sizes: '372:2832', ...E7 },
  { family: 'StandardEsv7Family', series: 'Esv7', names: 'E*s_v7', sizes: '248:1888', ...E7 },
  { family: 'StandardEdsv7Family', series: 'Edsv7', names: 'E*ds_v7', sizes: V7, ...E7, nvme: 55 },
  { family: 'StandardEdsv7Family', series: 'Edsv7', names: 'E*ids_v7', sizes: '372:2832', ...E7, nvme: '21120' },
  { family: 'StandardEdsv7Family', series: 'Edsv7', names: 'E*ds_v7', sizes: '248:1888', ...E7, nvme: '14080' },
  { family: 'StandardEasv7Family', series: 'Easv7', names: 'E*as_v7', sizes: V7_AMD, ...E7_AMD },
  { family: 'StandardEadsv7Family', series: 'Eadsv7', names: 'E*ads_v7', sizes: V7_AMD, ...E7_AMD, nvme: 55 },
]

import { DISKS_32, DISKS_64, DISKS_V6, type Family, NICS_8, NICS_OLD } from './family.ts'

const TO_64 = '2 4 8 16 32 48 64'
const V7 = '1 2 4 8 16 32 48 64 80'
const V7_LESS = '2-1 4-1 4-2 8-2 8-4 16-4 16-8 32-8 32-16 64-16 64-32'
const F_V6 = { disks: DISKS_32, nics: NICS_8, is: 'gen2 premium nvme' }
const F_V7 = {
  disks: '1:10 2:12 4:26 8:48 16:64',
  nics: '1:2 2:3 4:4 8:8 64:15',
  is: 'gen2 premium nvme',
}
const FX_V2 = {
  sizes:
    '2 4 8 12 16 24 32 48 64 96:1832 4-2 8-2 8-4 12-6 16-4 16-8 24-6 24-12 32-8 32-16 48-12 48-24 64-16 64-32 96-24 96-48',
  gb: 21,
  disks: DISKS_V6,
  nics: NICS_8,
  is: 'gen2 premium smt nvme',
}

/** Compute optimized: F and FX. */
// biome-ignore format: a table
export const compute: readonly Family[] = [
  { family: 'standardFFamily', series: 'F', names: 'F*', sizes: '1 2 4 8 16', gb: 2, disks: DISKS_64, nics: NICS_OLD, temp: 16, is: 'gen1 old' },
  { family: 'standardFSFamily', series: 'Fs', names: 'F*s', sizes: '1 2 4 8 16', gb: 2, disks: DISKS_64, nics: NICS_OLD, temp: 4, is: 'gen1 premium' },
  { family: 'standardFSv2Family', series: 'Fsv2', names: 'F*s_v2', sizes: `${TO_64} 72`, gb: 2, disks: DISKS_32, nics: '2:2 8:4 32:8', temp: 8, is: 'gen1 gen2 premium smt' },
  { family: 'standardFXMDVSFamily', series: 'FX', names: 'FX*mds', sizes: '4 12 24 36 48', gb: 21, disks: '4:8 12:24 24:32', nics: '4:2 12:4 24:4 36:8', temp: 42, is: 'gen2 premium smt' },
  { family: 'StandardFasv6Family', series: 'Fasv6', names: 'F*as_v6', sizes: TO_64, gb: 4, ...F_V6 },
  { family: 'StandardFalsv6Family', series: 'Falsv6', names: 'F*als_v6', sizes: TO_64, gb: 2, ...F_V6 },
  { family: 'StandardFamsv6Family', series: 'Famsv6', names: 'F*ams_v6', sizes: TO_64, gb: 8, ...F_V6 },
  { family: 'StandardFasv7Family', series: 'Fasv7', names: 'F*as_v7', sizes: V7, gb: 4, ...F_V7 },
  { family: 'StandardFadsv7Family', series: 'Fadsv7', names: 'F*ads_v7', sizes: V7, gb: 4, ...F_V7, nvme: 110 },
  { family: 'StandardFalsv7Family', series: 'Falsv7', names: 'F*als_v7', sizes: V7, gb: 2, ...F_V7 },
  { family: 'StandardFaldsv7Family', series: 'Faldsv7', names: 'F*alds_v7', sizes: V7, gb: 2, ...F_V7, nvme: 110 },
  { family: 'StandardFamsv7Family', series: 'Famsv7', names: 'F*ams_v7', sizes: `${V7} ${V7_LESS}`, gb: 8, ...F_V7 },
  { family: 'StandardFamdsv7Family', series: 'Famdsv7', names: 'F*amds_v7', sizes: `${V7} ${V7_LESS}`, gb: 8, ...F_V7, nvme: 110 },
  { family: 'StandardFXmsv2Family', series: 'FXmsv2', names: 'FX*ms_v2', ...FX_V2 },
  { family: 'StandardFXmdsv2Family', series: 'FXmdsv2', names: 'FX*mds_v2', ...FX_V2, nvme: 55 },
]

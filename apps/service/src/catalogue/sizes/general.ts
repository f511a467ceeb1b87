import {
  DISKS_32,
  DISKS_64,
  DISKS_V6,
  DISKS_V7,
  type Family,
  NICS_8,
  NICS_CLOSE,
  NICS_OLD,
  NICS_V7,
  NICS_V7_AMD,
} from './family.ts'

const TO_64 = '2 4 8 16 32 48 64'
const TO_96 = `${TO_64} 96`
const TO_128 = `${TO_96} 128`
const TO_160 = `${TO_128} 160`
const V7 = `${TO_128} 192`
const ARM_V5 = { disks: DISKS_32, nics: NICS_CLOSE, is: 'gen2 premium arm64' }
const ARM_V6 = { disks: DISKS_V6, nics: NICS_8, is: 'gen2 premium arm64 nvme' }
const V5 = { disks: DISKS_32, nics: NICS_8 }
const V6 = { disks: DISKS_V6, nics: NICS_8, is: 'gen2 premium smt nvme' }
const V6_AMD = { disks: DISKS_32, nics: NICS_8, is: 'gen2 premium smt nvme' }
const V6_NET = { disks: DISKS_V6, nics: '2:4 8:8 96:15', is: 'gen2 premium smt nvme' }
const V7_INTEL = { disks: DISKS_V7, nics: NICS_V7, is: 'gen2 premium smt nvme' }
const V7_AMD = { disks: DISKS_V7, nics: NICS_V7_AMD, is: 'gen2 premium nvme' }
const BOTH = 'gen1 gen2 premium smt'
const BOTH_PLAIN_DISKS = 'gen1 gen2 smt'
const D_OLD = '1:3.5 2:7 3:14:4 4:28:8 11:14:2 12:28:4 13:56:8 14:112:16'
const D_V2 = `${D_OLD} 5:56:16 15:140:20`
const PROMO = '2:7 3:14:4 4:28:8 5:56:16 11:14:2 12:28:4 13:56:8 14:112:16'
const DS_TEMP = '7 14 28 56 28 56 112 224'
const BURST = '2t:1 2l:4 2:8 4l:8 4:16 8l:16 8:32 16l:32 16:64'

/** General purpose: A, B and D. */
// biome-ignore format: a table
export const general: readonly Family[] = [
  { family: 'basicAFamily', series: 'A', names: 'Basic_A*', sizes: '0:0.75:1', disks: '1:1', nics: '1:2', temp: 20, is: 'gen1 plain old kept' },
  { family: 'basicAFamily', series: 'A', names: 'Basic_A*', sizes: '1:1.75:1 2:3.5:2 3:7:4 4:14:8', disks: '1:2 2:4 4:8 8:16', nics: '1:2', temp: '40 60 120 240', is: 'gen1 plain old kept' },
  { family: 'standardA0_A7Family', series: 'A', names: 'A*', sizes: '0:0.75:1', disks: '1:1', nics: '1:2', temp: 20, is: 'gen1 plain old kept' },
  { family: 'standardA0_A7Family', series: 'A', names: 'A*', sizes: '1:1.75:1 2:3.5:2 3:7:4 4:14:8 5:14:2 6:28:4 7:56:8', disks: '1:2 2:4 4:8 8:16', nics: '1:2 8:4', temp: '70 135 285 605 135 285 605', is: 'gen1 plain old kept' },
  { family: 'standardA8_A11Family', series: 'A', names: 'A*', sizes: '8:56:8 9:112:16 10:56:8 11:112:16', disks: DISKS_64, nics: '8:2 16:4', temp: '382 382 382 382', is: 'gen1 plain old kept' },
  { family: 'standardAv2Family', series: 'Av2', names: 'A*_v2', sizes: '1:2 2:4 4:8 8:16 2m:16 4m:32 8m:64', disks: '1:2 2:4 4:8 8:16', nics: NICS_OLD, temp: 10, is: 'gen1 plain old' },
  { family: 'standardBSFamily', series: 'Bv1', names: 'B*', sizes: '1ls:0.5 1s:1 1ms:2 2s:4 2ms:8 4ms:16 8ms:32', disks: DISKS_32, nics: '1:2 2:3 4:4', temp: '4 4 4 8 16 32 64', is: 'gen1 gen2 premium plain kept' },
  { family: 'standardBSFamily', series: 'Bv1', names: 'B*ms', sizes: '12 16 20', gb: 4, disks: '12:16 16:32', nics: '12:6 16:8', temp: 8, is: 'gen1 gen2 premium kept' },
  { family: 'standardBsv2Family', series: 'Bsv2', names: 'B*s_v2', sizes: `${BURST} 32l:64 32:128`, disks: DISKS_32, nics: '2:2 16:4', is: `${BOTH} kept` },
  { family: 'standardBasv2Family', series: 'Basv2', names: 'B*s_v2', sizes: '2at:1 2al:4 2a:8 4al:8 4a:16 8al:16 8a:32 16al:32 16a:64 32al:64 32a:128', disks: DISKS_32, nics: '2:2 16:4', is: `${BOTH} kept` },
  { family: 'standardBpsv2Family', series: 'Bpsv2', names: 'B*s_v2', sizes: '2pt:1 2pl:4 2p:8 4pl:8 4p:16 8pl:16 8p:32 16pl:32 16p:64', disks: DISKS_32, nics: '2:2 16:4', is: 'gen2 premium arm64 kept' },

  { family: 'standardDFamily', series: 'D', names: 'D*', sizes: D_OLD, disks: DISKS_64, nics: NICS_OLD, temp: 50, is: 'gen1 plain old' },
  { family: 'standardDSFamily', series: 'DS', names: 'DS*', sizes: D_OLD, disks: DISKS_64, nics: NICS_OLD, temp: DS_TEMP, is: 'gen1 premium plain' },
  { family: 'standardDv2Family', series: 'Dv2', names: 'D*_v2', sizes: `${D_V2} 15i:140:20`, disks: DISKS_64, nics: NICS_OLD, temp: 50, is: 'gen1 old' },
  { family: 'standardDv2PromoFamily', series: 'Dv2', names: 'D*_v2_Promo', sizes: PROMO, disks: DISKS_64, nics: NICS_OLD, temp: 50, is: 'gen1 old kept' },
  { family: 'standardDSv2Family', series: 'Dsv2', names: 'DS*_v2', sizes: `${D_V2} 15i:140:20 11-1 12-1 12-2 13-2 13-4 14-4 14-8`, disks: DISKS_64, nics: NICS_OLD, temp: `${DS_TEMP} 112 280 280`, is: 'gen1 gen2 premium' },
  { family: 'standardDSv2PromoFamily', series: 'Dsv2', names: 'DS*_v2_Promo', sizes: PROMO, disks: DISKS_64, nics: NICS_OLD, temp: '14 28 56 112 28 56 112 224', is: 'gen1 gen2 premium kept' },
  { family: 'standardDv3Family', series: 'Dv3', names: 'D*_v3', sizes: TO_64, gb: 4, ...V5, temp: 25, is: 'gen1 smt old' },
  { family: 'standardDSv3Family', series: 'Dsv3', names: 'D*s_v3', sizes: `${TO_64} 32-8 32-16 64-16 64-32`, gb: 4, ...V5, temp: 8, is: BOTH },
  { family: 'standardDv4Family', series: 'Dv4', names: 'D*_v4', sizes: TO_64, gb: 4, ...V5, is: BOTH_PLAIN_DISKS },
  { family: 'standardDSv4Family', series: 'Dsv4', names: 'D*s_v4', sizes: TO_64, gb: 4, ...V5, is: BOTH },
  { family: 'standardDDv4Family', series: 'Ddv4', names: 'D*d_v4', sizes: TO_64, gb: 4, ...V5, temp: 37.5, is: BOTH_PLAIN_DISKS },
  { family: 'standardDDSv4Family', series: 'Ddsv4', names: 'D*ds_v4', sizes: TO_64, gb: 4, ...V5, temp: 37.5, is: BOTH },
  { family: 'standardDAv4Family', series: 'Dav4', names: 'D*a_v4', sizes: TO_96, gb: 4, ...V5, temp: 25, is: BOTH_PLAIN_DISKS },
  { family: 'standardDASv4Family', series: 'Dasv4', names: 'D*as_v4', sizes: TO_96, gb: 4, ...V5, temp: 8, is: BOTH },
  { family: 'standardDv5Family', series: 'Dv5', names: 'D*_v5', sizes: TO_96, gb: 4, ...V5, is: BOTH_PLAIN_DISKS },
  { family: 'standardDSv5Family', series: 'Dsv5', names: 'D*s_v5', sizes: TO_96, gb: 4, ...V5, is: BOTH },
  { family: 'standardDDv5Family', series: 'Ddv5', names: 'D*d_v5', sizes: TO_96, gb: 4, ...V5, temp: 37.5, is: BOTH_PLAIN_DISKS },
  { family: 'standardDDSv5Family', series: 'Ddsv5', names: 'D*ds_v5', sizes: TO_96, gb: 4, ...V5, temp: 37.5, is: BOTH },
  { family: 'standardDASv5Family', series: 'Dasv5', names: 'D*as_v5', sizes: TO_96, gb: 4, ...V5, is: BOTH },
  { family: 'standardDADSv5Family', series: 'Dadsv5', names: 'D*ads_v5', sizes: TO_96, gb: 4, ...V5, temp: 37.5, is: BOTH },
  { family: 'standardDLSv5Family', series: 'Dlsv5', names: 'D*ls_v5', sizes: TO_96, gb: 2, ...V5, is: BOTH },
  { family: 'standardDLDSv5Family', series: 'Dldsv5', names: 'D*lds_v5', sizes: TO_96, gb: 2, ...V5, temp: 37.5, is: BOTH },
  { family: 'standardDPSv5Family', series: 'Dpsv5', names: 'D*ps_v5', sizes: '2 4 8 16 32 48 64:208', gb: 4, ...ARM_V5 },
  { family: 'standardDPDSv5Family', series: 'Dpdsv5', names: 'D*pds_v5', sizes: '2 4 8 16 32 48 64:208', gb: 4, ...ARM_V5, temp: 37.5 },
  { family: 'standardDPLSv5Family', series: 'Dplsv5', names: 'D*pls_v5', sizes: TO_64, gb: 2, ...ARM_V5 },
  { family: 'standardDPLDSv5Family', series: 'Dpldsv5', names: 'D*plds_v5', sizes: TO_64, gb: 2, ...ARM_V5, temp: 37.5 },

  { family: 'StandardDsv6Family', series: 'Dsv6', names: 'D*s_v6', sizes: V7, gb: 4, ...V6 },
  { family: 'StandardDdsv6Family', series: 'Ddsv6', names: 'D*ds_v6', sizes: V7, gb: 4, ...V6, nvme: 55 },
  { family: 'StandardDlsv6Family', series: 'Dlsv6', names: 'D*ls_v6', sizes: TO_128, gb: 2, ...V6 },
  { family: 'StandardDldsv6Family', series: 'Dldsv6', names: 'D*lds_v6', sizes: TO_128, gb: 2, ...V6, nvme: 55 },
  { family: 'StandardDnv6Family', series: 'Dnsv6', names: 'D*ns_v6', sizes: TO_128, gb: 4, ...V6_NET },
  { family: 'StandardDndv6Family', series: 'Dndsv6', names: 'D*nds_v6', sizes: TO_128, gb: 4, ...V6_NET, nvme: 55 },
  { family: 'StandardDnlv6Family', series: 'Dnlsv6', names: 'D*nls_v6', sizes: TO_128, gb: 2, ...V6_NET },
  { family: 'StandardDnldv6Family', series: 'Dnldsv6', names: 'D*nlds_v6', sizes: TO_128, gb: 2, ...V6_NET, nvme: 55 },
  { family: 'standardDav6Family', series: 'Dasv6', names: 'D*as_v6', sizes: TO_96, gb: 4, ...V6_AMD },
  { family: 'standardDadv6Family', series: 'Dadsv6', names: 'D*ads_v6', sizes: TO_96, gb: 4, ...V6_AMD, nvme: 55 },
  { family: 'standardDalv6Family', series: 'Dalsv6', names: 'D*als_v6', sizes: TO_96, gb: 2, ...V6_AMD },
  { family: 'standardDaldv6Family', series: 'Daldsv6', names: 'D*alds_v6', sizes: TO_96, gb: 2, ...V6_AMD, nvme: 55 },
  { family: 'StandardDpsv6Family', series: 'Dpsv6', names: 'D*ps_v6', sizes: TO_96, gb: 4, ...ARM_V6 },
  { family: 'StandardDpdsv6Family', series: 'Dpdsv6', names: 'D*pds_v6', sizes: TO_96, gb: 4, ...ARM_V6, nvme: 55 },
  { family: 'StandardDplsv6Family', series: 'Dplsv6', names: 'D*pls_v6', sizes: TO_96, gb: 2, ...ARM_V6 },
  { family: 'StandardDpldsv6Family', series: 'Dpldsv6', names: 'D*plds_v6', sizes: TO_96, gb: 2, ...ARM_V6, nvme: 55 },
  { family: 'StandardDsv7Family', series: 'Dsv7', names: 'D*s_v7', sizes: V7, gb: 4, ...V7_INTEL },
  { family: 'StandardDsv7Family', series: 'Dsv7', names: 'D*s_v7', sizes: '248 372 372i', gb: 4, ...V7_INTEL },
  { family: 'StandardDdsv7Family', series: 'Ddsv7', names: 'D*ds_v7', sizes: V7, gb: 4, ...V7_INTEL, nvme: 55 },
  { family: 'StandardDdsv7Family', series: 'Ddsv7', names: 'D*ds_v7', sizes: '248 372 372i', gb: 4, ...V7_INTEL, nvme: '14080 21120 21120' },
  { family: 'StandardDlsv7Family', series: 'Dlsv7', names: 'D*ls_v7', sizes: V7, gb: 2, ...V7_INTEL },
  { family: 'StandardDlsv7Family', series: 'Dlsv7', names: 'D*ls_v7', sizes: '248', gb: 2, ...V7_INTEL },
  { family: 'StandardDldsv7Family', series: 'Dldsv7', names: 'D*lds_v7', sizes: V7, gb: 2, ...V7_INTEL, nvme: 55 },
  { family: 'StandardDldsv7Family', series: 'Dldsv7', names: 'D*lds_v7', sizes: '248', gb: 2, ...V7_INTEL, nvme: '14080' },
  { family: 'StandardDasv7Family', series: 'Dasv7', names: 'D*as_v7', sizes: TO_160, gb: 4, ...V7_AMD },
  { family: 'StandardDadsv7Family', series: 'Dadsv7', names: 'D*ads_v7', sizes: TO_160, gb: 4, ...V7_AMD, nvme: 55 },
  { family: 'StandardDalsv7Family', series: 'Dalsv7', names: 'D*als_v7', sizes: TO_160, gb: 2, ...V7_AMD },
  { family: 'StandardDaldsv7Family', series: 'Daldsv7', names: 'D*alds_v7', sizes: TO_160, gb: 2, ...V7_AMD, nvme: 55 },
]

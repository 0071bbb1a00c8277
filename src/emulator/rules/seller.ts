/** The only seller of the emulator. */
export const APPLICATION_ID = 1234567890123456
export const COLLECTOR_ID = 783789745

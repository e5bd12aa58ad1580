import type { SampleRequest } from './sample-requests.ts';

/** A request that fits its schema, for each public route that does not need one signed by somebody else. */
export const publicRequests: Record<string, SampleRequest> = {
  signUp: () => ({
    path: '/auth/signup',
    body: { email: 'rosa@pier.test', password: 'correct horse battery', name: 'Rosa' },
  }),
  logIn: () => ({ path: '/auth/login', body: { email: 'rosa@pier.test', password: 'correct horse' } }),
  refreshSession: () => ({ path: '/auth/refresh', body: { refresh_token: 'r'.repeat(43) } }),
  signInWithGoogle: () => ({ path: '/auth/google', body: { id_token: 'e30.e30.e30' } }),
  forgotPassword: () => ({ path: '/auth/forgot-password', body: { email: 'rosa@pier.test' } }),
  resetPassword: () => ({
    path: '/auth/reset-password',
    body: { token: 'r'.repeat(43), password: 'correct horse battery' },
  }),
  verifyEmail: () => ({ path: '/auth/verify-email', body: { token: 'r'.repeat(43) } }),
  requestVerification: () => ({ path: '/auth/verify-email/request', body: { email: 'rosa@pier.test' } }),
  generateToken: () => ({ path: '/calls/generate-token?agent_id=front-desk' }),
  searchPhoneNumbers: () => ({ path: '/phonenumbers/search' }),
  getCampaignStatus: () => ({ path: '/api/v/campaign/reminders/status/' }),
  dialerWebhook: () => ({ path: '/api/v/webhook/', body: { event: 'dialed', campaign: 'reminders' } }),
  getWorkload: () => ({ path: '/reports/workload' }),
  getTalkInfo: () => ({ path: '/talk/front-desk/info' }),
};

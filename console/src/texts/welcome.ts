/** The first page, and what leaves the machine. */
export const welcomeTexts = {
  welcome: {
    title: 'Welcome to Hoardarr',
    intro: 'It keeps a searchable copy of what you saved elsewhere, and never lets go of anything without proof.',
    drop: {
      title: 'Drop an export',
      text: 'Everything that TikTok or Reddit has of you in one file. Drop it anywhere on this page.',
      action: 'Choose a file',
      how: {
        title: 'How to get one',
        steps: [
          'TikTok: Settings, Account, Download your data; choose JSON. It is ready within days, often within minutes.',
          'Reddit: reddit.com/settings/data-request. Reddit may take up to 30 days.',
        ],
      },
    },
    connect: {
      title: 'Connect an account',
      text: 'Stars of GitHub and saved posts of Reddit, kept up to date by themselves.',
      github: 'Connect GitHub',
      reddit: 'Connect Reddit',
      redditNeeds: 'What Reddit needs',
      approval:
        'GitHub works at once, with a token. Reddit has to approve an application of yours first, which can take weeks and may be refused; a data request needs no approval.',
    },
    sample: {
      title: 'Try the sample',
      text: 'A few dozen invented favorites, to see what searching them is like.',
      action: 'Import the sample',
      lacking: 'This installation does not have the sample.',
    },
    restore: { text: 'You have a backup?', action: 'Restore it in the settings' },
  },

  privacy: {
    title: 'What leaves this machine',
    unknown: 'That could not be asked right now.',
    local: (model: string) =>
      `Texts are embedded on this machine, by ${model}: none of them is sent anywhere for that.`,
    remote: (model: string) => `The texts of items, and what you search for, are sent to be embedded by ${model}.`,
    nothing: 'This installation is configured to talk to no other machine.',
    hosts: 'This installation may talk to:',
    never: 'No telemetry. This page itself loads nothing from elsewhere: pictures come through Hoardarr.',
  },
} as const;

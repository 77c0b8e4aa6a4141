/**
 * Dialogs, which have the keyboard while they are open. A message that passes by is one too, by its role, and leaves the rest of the
 * page to its reader.
 */
export const DIALOGS = '[role="dialog"]:not([aria-modal="false"]), [role="alertdialog"]:not([aria-modal="false"])';

#pragma once

/* What each verb does; the table of verbs is smtp_verbs.def. Here is what the bytes of a message
 * lead to, for smtp_body.c. */

struct smtp_session;

/* All of a message went to the backend. */
void smtp_commands_message_sent(struct smtp_session *smtp);

/* All bytes of a BDAT went to the backend. */
void smtp_commands_chunk_sent(struct smtp_session *smtp);

/* Ends the transaction by dropping the backend connection in the middle of it. */
void smtp_commands_drop_mail(struct smtp_session *smtp);

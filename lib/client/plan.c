/* SPDX-License-Identifier: ISC
 *
 * A whole transaction: which command comes next, and what became of each recipient.
 */
#include <string.h>

#include "client/client.h"

static struct ehlo_rcpt *recipient(const struct ehlo_plan *plan, size_t index)
{
    const struct ehlo_rcpt *first = (const struct ehlo_rcpt *)(const void *)plan->rcpts;

    return (struct ehlo_rcpt *)(void *)(plan->rcpts + index * first->size);
}

/* Decides about a recipient that is open; 1 when it was. `reply` may be NULL. */
static int decide(struct ehlo_plan *plan, struct ehlo_rcpt *rcpt, uint32_t outcome, uint32_t answers,
                  const struct ehlo_reply_line *reply)
{
    if (rcpt->outcome != EHLO_OUTCOME_PENDING)
        return 0;
    rcpt->outcome = outcome;
    rcpt->decided = answers;
    if (reply != NULL) {
        rcpt->code = reply->code;
        memcpy(rcpt->status, reply->status, sizeof rcpt->status);
    }
    if (outcome == EHLO_OUTCOME_DELIVERED)
        plan->delivered++;
    return 1;
}

/* All that are open; 1 when one was. */
static int decide_all(struct ehlo_plan *plan, uint32_t outcome, uint32_t answers, const struct ehlo_reply_line *reply)
{
    uint32_t i;
    int decided = 0;

    for (i = 0; i < plan->count; i++)
        decided |= decide(plan, recipient(plan, i), outcome, answers, reply);
    return decided;
}

/* Too many recipients is what 552 to RCPT may mean (RFC 5321, section 4.5.3.1.10). */
static uint32_t outcome_of(uint32_t answers, uint16_t code)
{
    if (code < 400)
        return EHLO_OUTCOME_DELIVERED;
    return code < 500 || (answers == EHLO_EVENT_RCPT && code == 552) ? EHLO_OUTCOME_TRANSIENT : EHLO_OUTCOME_PERMANENT;
}

void ehlo_plan_settle(struct ehlo_client *client, uint32_t answers, const struct ehlo_reply_line *reply)
{
    struct ehlo_plan *plan = &client->plan;
    const uint32_t outcome = outcome_of(answers, reply->code);

    if (plan->step == EHLO_PLAN_NONE || plan->step == EHLO_PLAN_DONE)
        return;
    if (answers == EHLO_EVENT_RCPT && reply->code != 421) {
        if (outcome == EHLO_OUTCOME_DELIVERED)
            plan->accepted++;
        else
            (void)decide(plan, recipient(plan, client->answered - 1), outcome, answers, reply);
    } else if (answers == EHLO_EVENT_END || outcome != EHLO_OUTCOME_DELIVERED) {
        (void)decide_all(plan, outcome, answers, reply);
        plan->refused = 1;
        if (answers == EHLO_EVENT_END || answers == EHLO_EVENT_DATA)
            plan->step = EHLO_PLAN_DONE;
    }
}

/* Some recipient may still get the message. */
static int has_hope(const struct ehlo_client *client)
{
    const struct ehlo_plan *plan = &client->plan;

    return !plan->refused && (plan->accepted > 0 || plan->queued > client->answered);
}

static void go_to(struct ehlo_plan *plan, int error, uint8_t step)
{
    if (error == 0)
        plan->step = step;
}

/* Queues the next command. Returns 0, or why that cannot be now. */
static int go_on(struct ehlo_client *client)
{
    struct ehlo_plan *plan = &client->plan;
    int error = 0;

    switch (plan->step) {
    case EHLO_PLAN_RSET:
        if (ehlo_transaction_open(client->assumed))
            error = ehlo_client_ask(client, EHLO_EVENT_COMMAND, EHLO_VERB_RSET);
        go_to(plan, error, EHLO_PLAN_MAIL);
        return error;
    case EHLO_PLAN_MAIL:
        error = ehlo_client_ask_mail(client, plan->mail);
        go_to(plan, error, EHLO_PLAN_RCPT);
        return error;
    case EHLO_PLAN_RCPT:
        if (plan->queued == plan->count || plan->refused) {
            plan->step = EHLO_PLAN_DATA;
            return 0;
        }
        error = ehlo_client_ask_rcpt(client, recipient(plan, plan->queued));
        if (error == 0)
            plan->queued++;
        return error;
    case EHLO_PLAN_DATA:
        if (has_hope(client))
            error = ehlo_client_ask(client, EHLO_EVENT_DATA, EHLO_VERB_DATA);
        else if (client->awaited.total > 0)
            error = EHLO_E_FULL;
        go_to(plan, error, has_hope(client) ? EHLO_PLAN_WAIT : EHLO_PLAN_DONE);
        return error;
    default:
        return EHLO_E_FULL;
    }
}

int ehlo_plan_go(struct ehlo_client *client)
{
    int error = 0;

    while (error == 0)
        error = go_on(client);
    return error == EHLO_E_FULL ? 0 : error;
}

void ehlo_plan_give_up(struct ehlo_client *client, int reason)
{
    struct ehlo_plan *plan = &client->plan;
    const struct ehlo_asked *first = ehlo_awaited_first(&client->awaited);
    const int sent = client->message == EHLO_MESSAGE_NONE && first != NULL && first->answers == EHLO_EVENT_END;

    if (plan->step == EHLO_PLAN_NONE || plan->step == EHLO_PLAN_DONE)
        return;
    plan->step = EHLO_PLAN_DONE;
    if (decide_all(plan, sent ? EHLO_OUTCOME_UNKNOWN : EHLO_OUTCOME_TRANSIENT, EHLO_EVENT_NONE, NULL))
        plan->reason = (int16_t)reason;
}

/* Begins with the recipients: 0, or the first error that one of them has, which is then PERMANENT. */
static int check_recipients(const struct ehlo_client *client, const struct ehlo_plan *plan)
{
    struct ehlo_rcpt *rcpt;
    int error, first_error = 0;
    uint32_t i;

    for (i = 0; i < plan->count; i++)
        if (recipient(plan, i)->size != recipient(plan, 0)->size)
            return EHLO_E_ARGUMENT;
    for (i = 0; i < plan->count; i++) {
        rcpt = recipient(plan, i);
        error = ehlo_client_check_rcpt(client, rcpt);
        rcpt->outcome = error != 0 ? EHLO_OUTCOME_PERMANENT : EHLO_OUTCOME_PENDING;
        rcpt->decided = EHLO_EVENT_NONE;
        rcpt->code = 0;
        memset(rcpt->status, 0, sizeof rcpt->status);
        if (first_error == 0)
            first_error = error;
    }
    return first_error;
}

int ehlo_client_send(struct ehlo_client *client, const struct ehlo_mail *mail, struct ehlo_rcpt *rcpts, size_t count)
{
    struct ehlo_plan plan;
    int error;

    if (client == NULL || mail == NULL || mail->size < sizeof *mail || rcpts == NULL || count == 0 ||
        count != (uint32_t)count || rcpts->size < sizeof *rcpts || rcpts->size % sizeof(void *) != 0)
        return EHLO_E_ARGUMENT;
    if (client->error != 0 || client->parting != 0 || client->state < EHLO_STATE_READY)
        return EHLO_E_STATE;
    if (client->plan.step != EHLO_PLAN_NONE || client->awaited.total > 0 || client->message != EHLO_MESSAGE_NONE)
        return EHLO_E_FULL;
    memset(&plan, 0, sizeof plan);
    plan.mail = mail;
    plan.rcpts = (char *)rcpts;
    plan.count = (uint32_t)count;
    plan.step = EHLO_PLAN_RSET;
    error = ehlo_client_check_mail(client, mail);
    if (error == 0)
        error = check_recipients(client, &plan);
    if (error != 0)
        return error;
    client->plan = plan;
    client->answered = 0;
    error = ehlo_plan_go(client);
    if (error != 0)
        client->plan.step = EHLO_PLAN_NONE;
    return error;
}

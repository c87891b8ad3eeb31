/* SPDX-License-Identifier: ISC
 *
 * A whole transaction: which command comes next, and what became of each recipient.
 */
#include <string.h>

#include "client/client.h"
#include "codec/ascii.h"

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

/* 1 when a recipient had its turn in an earlier transaction. Replies are due of those whom this one's MAIL decided. */
static int is_passed(const struct ehlo_plan *plan, uint32_t index)
{
    const struct ehlo_rcpt *rcpt = recipient(plan, index);

    return rcpt->outcome != EHLO_OUTCOME_PENDING && !(plan->refused && rcpt->decided == EHLO_EVENT_MAIL);
}

uint32_t ehlo_plan_rcpt(const struct ehlo_client *client)
{
    const struct ehlo_plan *plan = &client->plan;
    uint32_t index = plan->answered;

    if (plan->step == EHLO_PLAN_NONE || plan->step == EHLO_PLAN_DONE)
        return client->answered;
    while (plan->queued > plan->asked && index + 1 < plan->queued && is_passed(plan, index))
        index++;
    return index;
}

/* The server takes no more recipients in this transaction (RFC 5321, section 4.5.3.1.10; RFC 3463, X.5.3). */
static int is_too_many(const struct ehlo_plan *plan, const struct ehlo_reply_line *reply)
{
    const int says_so = reply->status[1] == 5 && reply->status[2] == 3;

    return plan->accepted > 0 && (reply->code == 452 || reply->code == 552) && (says_so || reply->status[0] == 0);
}

static void leave(struct ehlo_plan *plan, struct ehlo_rcpt *rcpt)
{
    if (rcpt->outcome != EHLO_OUTCOME_PENDING)
        return;
    rcpt->outcome = EHLO_OUTCOME_LATER;
    plan->later++;
}

static void settle_rcpt(struct ehlo_client *client, uint32_t outcome, const struct ehlo_reply_line *reply)
{
    struct ehlo_plan *plan = &client->plan;
    const uint32_t index = ehlo_plan_rcpt(client);

    plan->answered = index + 1;
    if (outcome == EHLO_OUTCOME_DELIVERED)
        plan->accepted++;
    else if (is_too_many(plan, reply))
        leave(plan, recipient(plan, index));
    else
        (void)decide(plan, recipient(plan, index), outcome, EHLO_EVENT_RCPT, reply);
}

/* In LMTP the next one, elsewhere all. */
static void settle_end(struct ehlo_client *client, uint32_t outcome, const struct ehlo_reply_line *reply)
{
    struct ehlo_plan *plan = &client->plan;

    if ((client->config.flags & EHLO_CLIENT_LMTP) == 0) {
        (void)decide_all(plan, outcome, EHLO_EVENT_END, reply);
        return;
    }
    while (plan->ended < plan->count && !decide(plan, recipient(plan, plan->ended), outcome, EHLO_EVENT_END, reply))
        plan->ended++;
}

/* All replies are there, and nothing waits to be sent. */
static int is_settled(const struct ehlo_client *client)
{
    return client->awaited.total == 0 && client->message == EHLO_MESSAGE_NONE;
}

void ehlo_plan_settle(struct ehlo_client *client, uint32_t answers, const struct ehlo_reply_line *reply)
{
    struct ehlo_plan *plan = &client->plan;
    const uint32_t outcome = outcome_of(answers, reply->code);

    if (plan->step == EHLO_PLAN_NONE || plan->step == EHLO_PLAN_DONE)
        return;
    if (answers == EHLO_EVENT_RCPT && reply->code != 421) {
        settle_rcpt(client, outcome, reply);
    } else if (answers == EHLO_EVENT_END) {
        settle_end(client, outcome, reply);
    } else if (outcome != EHLO_OUTCOME_DELIVERED) {
        (void)decide_all(plan, outcome, answers, reply);
        plan->refused = 1;
    }
    if (plan->step == EHLO_PLAN_WAIT && is_settled(client))
        plan->step = EHLO_PLAN_DONE;
}

/* Some recipient may still get the message. */
static int has_hope(const struct ehlo_client *client)
{
    const struct ehlo_plan *plan = &client->plan;

    return !plan->refused && (plan->accepted > 0 || plan->asked > client->answered);
}

static void go_to(struct ehlo_plan *plan, int error, uint8_t step)
{
    if (error == 0)
        plan->step = step;
}

/* A number for a domain, so that the last one need not be kept: FNV-1a. */
static uint32_t number_of(struct ehlo_span domain)
{
    uint32_t number = UINT32_C(2166136261);
    size_t i;

    for (i = 0; i < domain.size; i++)
        number = (number ^ (unsigned char)ehlo_lower(domain.data[i])) * UINT32_C(16777619);
    return number;
}

/*
 * 1 when the server's limits leave a recipient out of this session. Only neighbours are compared, so the number of
 * domains may be told too high (RFC 9422, section 3.3).
 */
static int is_domain_too_many(const struct ehlo_client *client, const struct ehlo_rcpt *rcpt)
{
    return client->limits.rcpt_domain_max != 0 && client->domains >= client->limits.rcpt_domain_max &&
           number_of(rcpt->path.domain) != client->domain;
}

static void count_domain(struct ehlo_client *client, const struct ehlo_rcpt *rcpt)
{
    const uint32_t number = number_of(rcpt->path.domain);

    if (client->domains == 0 || number != client->domain)
        client->domains++;
    client->domain = number;
}

/* Where the next recipient stands that is not decided. */
static uint32_t next_open(const struct ehlo_plan *plan, uint32_t from)
{
    while (from < plan->count && recipient(plan, from)->outcome != EHLO_OUTCOME_PENDING)
        from++;
    return from;
}

/* The next recipient of this transaction, if there is one that the server's limits let in. */
static int ask_next_recipient(struct ehlo_client *client)
{
    struct ehlo_plan *plan = &client->plan;
    const uint32_t max = client->limits.rcpt_max;
    struct ehlo_rcpt *next;
    uint32_t i = next_open(plan, plan->queued);
    int error;

    if (i == plan->count || plan->refused || (max != 0 && plan->asked >= max) ||
        is_domain_too_many(client, recipient(plan, i))) {
        for (; i < plan->count && !plan->refused; i++)
            leave(plan, recipient(plan, i));
        plan->step = EHLO_PLAN_DATA;
        return 0;
    }
    next = recipient(plan, i);
    error = ehlo_client_ask_rcpt(client, next);
    if (error != 0)
        return error;
    count_domain(client, next);
    plan->queued = i + 1;
    plan->asked++;
    return 0;
}

/* Queues the next command. Returns 0, or why that cannot be now. */
static int go_on(struct ehlo_client *client)
{
    struct ehlo_plan *plan = &client->plan;
    int error = 0;

    switch (plan->step) {
    case EHLO_PLAN_RSET:
        if (client->assumed != EHLO_STATE_READY)
            error = ehlo_client_ask(client, EHLO_EVENT_COMMAND, EHLO_VERB_RSET);
        go_to(plan, error, EHLO_PLAN_MAIL);
        return error;
    case EHLO_PLAN_MAIL:
        error = ehlo_client_ask_mail(client, plan->mail);
        go_to(plan, error, EHLO_PLAN_RCPT);
        return error;
    case EHLO_PLAN_RCPT:
        return ask_next_recipient(client);
    case EHLO_PLAN_DATA:
        if (has_hope(client))
            error = ehlo_client_ask_data(client);
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

/* What was left for another transaction is open again. */
static void take_back(struct ehlo_plan *plan)
{
    uint32_t i;

    for (i = 0; i < plan->count; i++)
        if (recipient(plan, i)->outcome == EHLO_OUTCOME_LATER)
            recipient(plan, i)->outcome = EHLO_OUTCOME_PENDING;
    plan->later = 0;
}

void ehlo_plan_give_up(struct ehlo_client *client, int reason)
{
    struct ehlo_plan *plan = &client->plan;
    const struct ehlo_asked *last = ehlo_awaited_last(&client->awaited);
    const int sent = client->message == EHLO_MESSAGE_NONE && ehlo_queue_size(&client->output) == 0 && last != NULL &&
                     last->answers == EHLO_EVENT_END;
    int undecided;

    if (plan->step == EHLO_PLAN_NONE)
        return;
    plan->step = EHLO_PLAN_DONE;
    undecided = decide_all(plan, sent ? EHLO_OUTCOME_UNKNOWN : EHLO_OUTCOME_TRANSIENT, EHLO_EVENT_NONE, NULL);
    take_back(plan); /* these were not to have this message */
    undecided |= decide_all(plan, EHLO_OUTCOME_TRANSIENT, EHLO_EVENT_NONE, NULL);
    if (undecided)
        plan->reason = (int16_t)reason;
}

/* 1 when an earlier transaction has left a recipient open. */
static int is_open(const struct ehlo_rcpt *rcpt)
{
    return rcpt->outcome == EHLO_OUTCOME_LATER || rcpt->outcome == EHLO_OUTCOME_PENDING;
}

/*
 * Begins with the recipients, or with those that are open: 0, or the first error that one of them has, which is then
 * PERMANENT. All structs are of one size.
 */
static int check_recipients(const struct ehlo_client *client, const struct ehlo_plan *plan, int only_open)
{
    struct ehlo_rcpt *rcpt;
    const int utf8 = ehlo_client_is_utf8(client, plan->mail->params);
    int error, first_error = 0;
    uint32_t i;

    for (i = 0; i < plan->count; i++) {
        rcpt = recipient(plan, i);
        if (only_open && !is_open(rcpt))
            continue;
        error = ehlo_client_check_rcpt(client, rcpt, utf8);
        rcpt->outcome = error != 0 ? EHLO_OUTCOME_PERMANENT : EHLO_OUTCOME_PENDING;
        rcpt->decided = EHLO_EVENT_NONE;
        rcpt->code = 0;
        memset(rcpt->status, 0, sizeof rcpt->status);
        if (first_error == 0)
            first_error = error;
    }
    return first_error;
}

static int check_sizes(const struct ehlo_plan *plan)
{
    uint32_t i;

    for (i = 0; i < plan->count; i++)
        if (recipient(plan, i)->size != recipient(plan, 0)->size)
            return EHLO_E_ARGUMENT;
    return 0;
}

/* Whether a transaction may begin now. */
static int check_turn(const struct ehlo_client *client)
{
    if (client->error != 0 || client->parting != 0 || client->tls_due || client->challenge ||
        client->state < EHLO_STATE_READY)
        return EHLO_E_STATE;
    if (client->plan.step != EHLO_PLAN_NONE || client->awaited.total > 0 || client->message != EHLO_MESSAGE_NONE)
        return EHLO_E_FULL;
    return 0;
}

/* Whether there is somebody to send to. */
static int check_first(const struct ehlo_client *client, const struct ehlo_plan *plan)
{
    const uint32_t first = next_open(plan, 0);

    if (first == plan->count)
        return EHLO_E_STATE;
    return is_domain_too_many(client, recipient(plan, first)) ? EHLO_E_LIMIT : 0;
}

static int begin(struct ehlo_client *client, const struct ehlo_mail *mail, struct ehlo_rcpt *rcpts, size_t count,
                 int only_open)
{
    struct ehlo_plan plan;
    int error;

    if (client == NULL || mail == NULL || mail->size < sizeof *mail || rcpts == NULL || count == 0 ||
        count != (uint32_t)count || rcpts->size < sizeof *rcpts || rcpts->size % sizeof(void *) != 0)
        return EHLO_E_ARGUMENT;
    memset(&plan, 0, sizeof plan);
    plan.mail = mail;
    plan.rcpts = (char *)rcpts;
    plan.count = (uint32_t)count;
    if ((error = check_turn(client)) != 0 || (error = check_sizes(&plan)) != 0 ||
        (error = ehlo_client_check_mail(client, mail)) != 0 ||
        (error = check_recipients(client, &plan, only_open)) != 0 || (error = check_first(client, &plan)) != 0)
        return error;
    plan.step = EHLO_PLAN_RSET;
    client->plan = plan;
    client->answered = 0;
    error = ehlo_plan_go(client);
    if (error != 0)
        client->plan.step = EHLO_PLAN_NONE;
    return error;
}

int ehlo_client_send(struct ehlo_client *client, const struct ehlo_mail *mail, struct ehlo_rcpt *rcpts, size_t count)
{
    return begin(client, mail, rcpts, count, 0);
}

int ehlo_client_resume(struct ehlo_client *client, const struct ehlo_mail *mail, struct ehlo_rcpt *rcpts, size_t count)
{
    return begin(client, mail, rcpts, count, 1);
}

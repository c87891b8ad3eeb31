/* SPDX-License-Identifier: ISC
 *
 * The users, found in the text of their file.
 */
#define _POSIX_C_SOURCE 200809L
#include "users.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "common/secret.h"

struct users {
    char *text;
    size_t size;
};

/* A line without its end; takes it off the front of `rest`. Returns 0 when there is none. */
static int next_line(struct ehlo_span *rest, struct ehlo_span *line)
{
    const char *end;

    if (rest->size == 0)
        return 0;
    end = memchr(rest->data, '\n', rest->size);
    line->data = rest->data;
    line->size = end == NULL ? rest->size : (size_t)(end - rest->data);
    rest->data += line->size + (end != NULL);
    rest->size -= line->size + (end != NULL);
    if (line->size > 0 && line->data[line->size - 1] == '\r')
        line->size--;
    return 1;
}

/* Returns NULL, or what is wrong with the line. */
static const char *part_line(const struct ehlo_span *line, struct ehlo_span *name, struct ehlo_span *password)
{
    const char *colon = memchr(line->data, ':', line->size);

    if (colon == NULL)
        return "no colon";
    name->data = line->data;
    name->size = (size_t)(colon - line->data);
    password->data = colon + 1;
    password->size = line->size - name->size - 1;
    if (name->size == 0 || password->size == 0)
        return name->size == 0 ? "no user" : "no password";
    return memchr(line->data, '\0', line->size) != NULL ? "a NUL" : NULL;
}

static int is_right(const struct users *users, char why[USERS_REASON])
{
    struct ehlo_span rest = {users->text, users->size}, line, name, password;
    const char *wrong = NULL;
    size_t number = 0;

    while (wrong == NULL && next_line(&rest, &line)) {
        number++;
        if (line.size > 0)
            wrong = part_line(&line, &name, &password);
    }
    if (wrong != NULL)
        snprintf(why, USERS_REASON, "line %zu: %s", number, wrong);
    return wrong == NULL;
}

struct users *users_read(const char *file, char why[USERS_REASON])
{
    struct users *users = malloc(sizeof *users);

    if (users != NULL) {
        users->text = secret_read(file, &users->size);
        if (users->text != NULL && is_right(users, why))
            return users;
    }
    if (users == NULL || users->text == NULL)
        snprintf(why, USERS_REASON, "%s", strerror(errno));
    users_free(users);
    return NULL;
}

int users_find(const struct users *users, struct ehlo_span name, struct ehlo_span *password)
{
    struct ehlo_span rest = {users->text, users->size}, line, user;

    while (next_line(&rest, &line))
        if (line.size > 0 && part_line(&line, &user, password) == NULL && user.size == name.size &&
            memcmp(user.data, name.data, name.size) == 0)
            return 1;
    return 0;
}

void users_free(struct users *users)
{
    if (users == NULL)
        return;
    secret_free(users->text, users->size);
    free(users);
}

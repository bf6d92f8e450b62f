#include "base/secrets.h"

#include <gtest/gtest.h>

namespace {

using ergon::base::without_credentials;
using ergon::base::without_keys;

TEST(Secrets, TheKeyItselfIsTakenOutWhereverItStands) {
    EXPECT_EQ(without_keys("a my-own-key, my-own-key", "my-own-key"), "a ..., ...");
    EXPECT_EQ(without_keys("my-own-kmy-own-key", "my-own-key"), "my-own-k...");
    EXPECT_EQ(without_keys("nothing of it", ""), "nothing of it");
    EXPECT_EQ(without_keys("none is none", "none"), "none is none") << "a placeholder is no secret";
}

TEST(Secrets, WhatHasTheFormOfAKeyIsTakenOut) {
    EXPECT_EQ(without_keys("use sk-THIS-is_secret now"), "use sk-... now");
    EXPECT_EQ(without_keys("\"sk-proj-abc123DEF456\"."), "\"sk-...\".");
    EXPECT_EQ(without_keys("key=sk-abcdefgh12345"), "key=...");
    EXPECT_EQ(without_keys("api_key=a1b2c3d4e5, TOKEN=abcdefg8"), "api_key=..., TOKEN=...");
    EXPECT_EQ(without_keys("Authorization: Bearer eyJhbGciOi12.x-y_z"), "Authorization: Bearer ...");
    EXPECT_EQ(without_keys("sk-aaaaaaaa1 sk-bbbbbbbb2"), "sk-... sk-...");
}

TEST(Secrets, WordsStay) {
    for (const char* const words :
         {"sorted(words, key=len)", "key=operator.itemgetter", "task-management-systems", "sk-SK", "key=7",
          "key=", "a risk-free investment", "bearer of good news", "Bearer bonds", "the token=end", "sk-"}) {
        EXPECT_EQ(without_keys(words), words);
    }
}

TEST(Secrets, AnAddressIsShownWithoutCredentials) {
    EXPECT_EQ(without_credentials("http://me:secret@host:1/a@b"), "http://host:1/a@b");
    EXPECT_EQ(without_credentials("http://host/a@b"), "http://host/a@b");
    EXPECT_EQ(without_credentials("no address@all"), "no address@all");
    EXPECT_EQ(without_credentials("http://host/v1?key=abc&x=1"), "http://host/v1?key=...&x=1");
    EXPECT_EQ(without_credentials("http://host/v1?x=1&api_key=abc#m"), "http://host/v1?x=1&api_key=...#m");
    EXPECT_EQ(without_credentials("host:80/key=sk-abc"), "host:80/key=...");
    EXPECT_EQ(without_credentials("http://host/sk-abcdefgh1/v1"), "http://host/sk-...");
    EXPECT_EQ(without_credentials("http://sk-cluster-01:80/v1"), "http://sk-cluster-01:80/v1")
        << "the name of a server";
}

}  // namespace

#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/core/records.hpp>

/// What tests of generated problems share.
namespace aha::generator_support {

template <class Source>
std::vector<prompt> take(Source& source, int count) {
    std::vector<prompt> all;
    for (int i = 0; i < count; ++i) all.push_back(source.next().value());
    return all;
}

/// A source of these options goes on from each of its first places as if nothing had been.
template <class Source, class Options>
void expect_resumes(const Options& options) {
    Source whole{options};
    const std::vector<prompt> all = take(whole, 12);
    for (int taken = 0; taken < 6; ++taken) {
        Source first{options}, resumed{options};
        take(first, taken);
        resumed.load(first.save());
        for (int i = taken; i < 12; ++i) {
            const prompt p = resumed.next().value();
            EXPECT_EQ(p.index, i);
            EXPECT_EQ(p.text, all[static_cast<std::size_t>(i)].text);
            EXPECT_EQ(p.fields, all[static_cast<std::size_t>(i)].fields);
        }
    }
}

/// A source of `changed` refuses a place of one of `options`.
template <class Source, class Options>
void expect_refuses_place(const Options& options, const Options& changed, const std::string& sentence) {
    Source source{options}, other{changed};
    const std::string before = other.save().values.dump();
    EXPECT_THAT([&] { other.load(source.save()); }, testing::ThrowsMessage<error>(testing::HasSubstr(sentence)));
    EXPECT_EQ(other.save().values.dump(), before);
}

template <class Source, class Options>
void expect_refuses(const Options& options, const std::string& sentence) {
    EXPECT_THAT([&] { Source{options}; }, testing::ThrowsMessage<error>(testing::HasSubstr(sentence))) << sentence;
}

}  // namespace aha::generator_support

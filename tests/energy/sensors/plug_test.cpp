#include "energy/sensors/plug.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/expect_error.h"
#include "base/http_server.h"

namespace ergon::energy {
namespace {

using base::ErrorCode;
using base::Joules;
using base::Watts;
using test::expect_error;

// shelly-api-docs.shelly.cloud/gen2, component Switch: the example of a status object, with the load switched on.
constexpr const char* shelly_gen2 = R"({"id": 0, "source": "timer", "output": true, "timer_started_at": 1626942399.36,
  "timer_duration": 60, "apower": 8.9, "voltage": 237.571, "aenergy": {"total": 14.093, "by_minute": [0, 0, 0],
  "minute_ts": 1626942417}, "temperature": {"tC": 45.1, "tF": 113.2}})";

// shelly-api-docs.shelly.cloud/gen1, /status: the fields that it lists for a plug; the meter as a plug itself printed
// it.
constexpr const char* shelly_gen1 = R"({"wifi_sta": {"connected": true, "ssid": "x", "ip": "192.168.33.2"},
  "relays": [{"ison": true, "has_timer": false, "overpower": false, "source": "http"}],
  "meters": [{"power": 48.52, "overpower": 0.00, "is_valid": true, "timestamp": 1606215925,
              "counters": [48.663, 48.776, 46.173], "total": 394}],
  "temperature": 29.8, "uptime": 3600})";

// ENERGY as a plug with Tasmota prints it (blog.mylocalbytes.com, "Accessing power usage from Tasmota smart plugs"),
// in the frame that Status 8 has by tasmota.github.io/docs/JSON-Status-Responses.
constexpr const char* tasmota = R"({"StatusSNS": {"Time": "2022-01-11T21:57:38", "ENERGY": {
  "TotalStartTime": "2020-10-21T22:15:00", "Total": 3.705, "Yesterday": 0.028, "Today": 0.026, "Period": 1, "Power": 5,
  "ApparentPower": 5, "ReactivePower": 0, "Factor": 1.00, "Voltage": 233, "Current": 0.021}}})";

void expect_poll(const std::optional<Poll>& poll, double watts, double total, double resolution) {
    ASSERT_TRUE(poll && poll->power && poll->total);
    EXPECT_EQ(*poll->power, Watts(watts));
    EXPECT_DOUBLE_EQ(poll->total->value(), total);
    EXPECT_DOUBLE_EQ(poll->resolution.value(), resolution);
}

TEST(Plug, UnitsAreThoseOfTheirMakers) {
    expect_poll(parse_plug(PlugKind::shelly_gen2, shelly_gen2), 8.9, 14.093 * 3600, 3.6);  // Wh
    expect_poll(parse_plug(PlugKind::shelly_gen1, shelly_gen1), 48.52, 394 * 60.0, 60);    // watt-minutes
    expect_poll(parse_plug(PlugKind::tasmota, tasmota), 5, 3.705 * 3'600'000, 3600);       // kWh
}

TEST(Plug, OneKindIsNotTakenForAnother) {
    EXPECT_FALSE(parse_plug(PlugKind::shelly_gen1, std::string(1'000'000, '[')));
    EXPECT_FALSE(parse_plug(PlugKind::shelly_gen1, shelly_gen2));
    EXPECT_FALSE(parse_plug(PlugKind::tasmota, shelly_gen1));
    EXPECT_FALSE(parse_plug(PlugKind::shelly_gen2, tasmota));
}

TEST(Plug, BrokenAnswersSayNothing) {
    const std::string deep = std::string(100'000, '[');
    const std::string whole = shelly_gen2;
    for (const std::string& json :
         {std::string(), std::string("{"), std::string("null"), std::string("[]"), std::string("\xff\xfe"), deep,
          std::string(R"({"apower": "8.9"})"), std::string(R"({"apower": -8.9})"), std::string(R"({"apower": 1e999})"),
          std::string(R"({"meters": []})"), std::string(R"({"meters": {"0": 1}})"),
          std::string(R"({"StatusSNS": {"ENERGY": 5}})")}) {
        for (const PlugKind kind : {PlugKind::shelly_gen2, PlugKind::shelly_gen1, PlugKind::tasmota}) {
            EXPECT_FALSE(parse_plug(kind, json)) << json.substr(0, 40);
        }
    }
    for (std::size_t length = 0; length < whole.size(); ++length) {
        EXPECT_FALSE(parse_plug(PlugKind::shelly_gen2, whole.substr(0, length))) << length;
    }
}

TEST(Plug, FindsOutWhichKindItIs) {
    const std::tuple<const char*, const char*, double> kinds[] = {{"/rpc/Switch.GetStatus?id=0", shelly_gen2, 8.9},
                                                                  {"/rpc/PM1.GetStatus?id=0", shelly_gen2, 8.9},
                                                                  {"/status", shelly_gen1, 48.52},
                                                                  {"/cm?cmnd=Status%208", tasmota, 5}};
    for (const auto& [path, json, watts] : kinds) {
        test::HttpServer plug;
        plug.answer(path, json);
        const PolledSensor::ReadFn read_fn = plug_source(plug.address() + "/");
        EXPECT_EQ(read_fn().power, Watts(watts)) << path;
        plug.answer(path, "{}");
        expect_error(ErrorCode::bad_file, "no longer reports power or energy", [&] { read_fn(); });
        plug.answer(path, "", 500);
        expect_error(ErrorCode::bad_file, "(status 500)", [&] { read_fn(); });
    }
}

TEST(Plug, SaysWhatIsWrongWithAnAddress) {
    test::HttpServer other;
    other.answer("/status", "<html>a router</html>");
    expect_error(ErrorCode::unsupported, "not as a known metering plug (Shelly or Tasmota)",
                 [&] { plug_source(other.address()); });
    other.answer("/rpc/Switch.GetStatus?id=0", "", 401);
    expect_error(ErrorCode::bad_argument, "user:password@host", [&] { plug_source(other.address()); });
    expect_error(ErrorCode::system, "does not respond", [] { plug_source("http://127.0.0.1:1"); });
    expect_error(ErrorCode::bad_argument, "must begin with http", [] { plug_source("192.168.1.7"); });
}

TEST(Plug, ThatStopsAnsweringEndsItsQuestion) {
    test::HttpServer plug;
    plug.answer("/status", shelly_gen1);
    const PolledSensor::ReadFn read_fn = plug_source(plug.address());
    plug.fall_silent();
    expect_error(ErrorCode::system, "does not respond", [&] { read_fn(); });
}

}  // namespace
}  // namespace ergon::energy

using System;
using System.Globalization;
using System.Threading;
using Twinspect;

// A computer on which 0.5 is written 0,5 gives the same results.
static class Cultures
{
    public static void Run(Model model)
    {
        Check.Run("culture_with_decimal_comma_changes_nothing", () => Decimal_comma_changes_nothing(model));
    }

    static void Decimal_comma_changes_nothing(Model model)
    {
        var plain = Texts(model);
        var before = Thread.CurrentThread.CurrentCulture;
        // Made by hand, as a runtime without ICU has no German culture.
        var comma = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        comma.NumberFormat.NumberDecimalSeparator = ",";
        comma.NumberFormat.NumberGroupSeparator = ".";
        comma.NumberFormat.NegativeSign = "~";
        try
        {
            Thread.CurrentThread.CurrentCulture = comma;
            Check.Equal(0.5.ToString(), "0,5", "0.5 in this culture");
            Check.Equal((-1).ToString(), "~1", "-1 in this culture");
            Check.Equal(Texts(model), plain, "texts");
        }
        finally
        {
            Thread.CurrentThread.CurrentCulture = before;
        }
    }

    static string Texts(Model model)
    {
        using (var options = new Options().Set("verdict.false_alarm_rate", 0.025).Set("input.size", "96"))
        using (var inspector = new Inspector(model))
        using (var result = inspector.Inspect(Parts.Bad(1)))
        {
            var rate = options.Get("verdict.false_alarm_rate");
            Check.Equal(rate, "0.025", "the rate");
            options.Set("verdict.false_alarm_rate", rate);
            var outside = Check.Throws<TwinspectArgumentException>(() => options.Set("verdict.false_alarm_rate", 1.5)).Message;
            Check.Contains(outside, "1.5");
            Check.Throws<TwinspectArgumentException>(() => options.Set("verdict.false_alarm_rate", "0,025"));
            var crop = Check.Throws<TwinspectArgumentException>(() => Parts.Good(1).Crop(-3, 0, 1234, 1)).Message;
            Check.Contains(crop, "1234 x 1 at (-3, 0)");
            var array = Check.Throws<TwinspectArgumentException>(() => new ImageView(new byte[1], 2000, 2, PixelFormat.Gray8, -2000)).Message;
            return string.Join("\n", rate, outside, crop, array, result.ToJson(), model.Describe());
        }
    }
}

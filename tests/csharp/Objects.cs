using System;
using System.IO;
using System.Linq;
using Twinspect;

// Options, fitter, model, inspector: what a program does with them, and what they say when it does it wrong.
static class Objects
{
    public static void Run(Model model, string folder)
    {
        Check.Run("library_says_its_version_and_devices", Library_says_its_version);
        Check.Run("options_take_all_types_and_name_the_nearest_key", Options_take_all_types);
        Check.Run("errors_are_the_classes_that_their_codes_say", Errors_are_their_classes);
        Check.Run("null_arguments_are_refused_before_the_library_is_asked", () => Null_arguments_are_refused(model));
        Check.Run("texts_are_utf8_both_ways", () => Texts_are_utf8(folder));
        Check.Run("texts_that_are_no_utf8_are_refused", Texts_that_are_no_utf8_are_refused);
        Check.Run("disposed_objects_say_so_and_dispose_twice", () => Disposed_objects_say_so(model));
        Check.Run("model_file_and_bytes_give_the_same_score", () => Model_file_gives_the_same_score(model, folder));
        Check.Run("model_grows_without_its_old_pictures", () => Model_grows(model));
        Check.Run("model_summary_describes_what_was_fitted", () => Model_summary(model));
        Check.Run("inspector_outlives_its_model", Inspector_outlives_its_model);
        Check.Run("inspector_reads_files_and_masks", () => Inspector_reads_files(model, folder));
        Check.Run("inspector_thresholds_change_the_verdict", () => Thresholds_change_the_verdict(model));
        Check.Run("inspector_timing_after_warm_up", () => Timing_after_warm_up(model));
        Check.Run("dark_picture_is_undecided_and_says_why", () => Dark_picture_is_undecided(model));
        Check.Run("good_parts_are_counted_until_the_drift_is_reset", () => Good_parts_are_counted(model));
        Check.Run("threshold_from_scores", Threshold_from_scores);
    }

    static void Library_says_its_version()
    {
        Library.Load();
        Check.That(Library.Version.Split('.').Length == 3, "the version has three numbers: " + Library.Version);
        Check.Contains(Library.BuildInfo, "\"libtorch\"");
        Check.That(!Library.HasFeature("no such feature"), "unknown features are absent");
        var devices = Library.Devices();
        Check.Equal(devices[0].Option, "cpu", "the first device");
        var failure = Check.Throws<TwinspectArgumentException>(() => Library.SetThreads(0));
        Check.Contains(failure.Message, "1024");
    }

    static void Options_take_all_types()
    {
        using (var options = new Options().Set("input.size", 96).Set("verdict.false_alarm_rate", 0.02).Set("device", "cpu").Set("threads", "1"))
        {
            Check.Equal(options.Get("input.size"), "96", "input.size");
            Check.Equal(options.Get("verdict.false_alarm_rate"), "0.02", "the rate");
            options.ApplyRecipe("paper");
            Check.Equal(options.Get("adaptor"), "adaptive", "the recipe's adaptor");
            Check.Contains(Check.Throws<TwinspectArgumentException>(() => options.Set("inputsize", 96)).Hint, "input.size");
            Check.Equal(Check.Throws<TwinspectArgumentException>(() => options.Set("input.size", 40000)).Where, "input.size", "where");
            Check.Throws<TwinspectArgumentException>(() => options.ApplyRecipe("no such recipe"));
        }
        var backbone = Options.Table().Single(option => option.Key == "backbone");
        Check.That(backbone.Scope == OptionScope.Fit && backbone.Help != "" && backbone.DefaultValue != "", "the table knows the backbone");
        Check.That(Options.Table().Any(option => option.Type == OptionType.Float && option.Max > option.Min), "numbers have a range");
    }

    static void Errors_are_their_classes()
    {
        using (var fitter = Parts.FitterOf(0))
        {
            var few = Check.Throws<TwinspectArgumentException>(() => fitter.Fit());
            Check.Equal(few.Code, ErrorCode.TooFewImages, "code");
            var missing = Check.Throws<TwinspectIOException>(() => fitter.AddFile("no such picture.png"));
            Check.Equal(missing.Code, ErrorCode.NotFound, "code");
            Check.Contains(missing.Where, "no such picture.png");
            Check.Contains(missing.Message, missing.Reason);
            Check.Equal(Check.Throws<TwinspectArgumentException>(() => fitter.Add(new ImageView(IntPtr.Zero, 96, 80, PixelFormat.Gray8))).Code,
                ErrorCode.NullArgument, "code of a null picture");
            Check.Equal(fitter.Count, 0L, "pictures after three failures");
        }
        using (var result = new Result()) Check.Equal(Check.Throws<TwinspectStateException>(() => result.ToJson()).Code, ErrorCode.State, "code");
        var format = Check.Throws<TwinspectIOException>(() => Model.FromBytes(new byte[] { 1, 2, 3 }));
        Check.Equal(format.Code, ErrorCode.Format, "code");
        Check.Equal(Check.Throws<TwinspectIOException>(() => Model.FromBytes(new byte[0])).Code, ErrorCode.Format, "code of no bytes at all");
    }

    static void Null_arguments_are_refused(Model model)
    {
        using (var inspector = new Inspector(model))
        using (var fitter = new Fitter(model))
        using (var result = new Result())
        using (var options = new Options())
        {
            Check.Throws<ArgumentNullException>(() => inspector.Inspect(null, result));
            Check.Throws<ArgumentNullException>(() => inspector.Inspect(Parts.Good(1), (Result)null));
            Check.Throws<ArgumentNullException>(() => inspector.InspectBatch(new ImageView[1], new[] { result }));
            Check.Throws<ArgumentNullException>(() => inspector.InspectBatch(new[] { Parts.Good(1) }, new Result[1]));
            Check.Throws<ArgumentNullException>(() => fitter.Add((ImageView)null));
            Check.Throws<ArgumentNullException>(() => fitter.AddFile(null));
            Check.Throws<ArgumentNullException>(() => inspector.InspectFile(null, result));
            Check.Throws<ArgumentNullException>(() => inspector.InspectFile("part.bmp", (Result)null));
            Check.Throws<ArgumentNullException>(() => options.Set(null, 1));
            Check.Throws<ArgumentNullException>(() => options.Set("device", null));
            Check.Throws<ArgumentNullException>(() => Model.Load(null));
            Check.Throws<ArgumentNullException>(() => new Inspector(null));
            Check.Throws<ArgumentNullException>(() => result.CopyMap((float[])null));
            Check.Throws<ArgumentNullException>(() => new ImageView((byte[])null, 1, 1, PixelFormat.Gray8));
        }
    }

    static void Texts_are_utf8(string folder)
    {
        // Beyond ASCII, beyond Latin, and beyond the 16 bits of a char.
        var name = "Teil \u00e4\u00f6 \u96f6\u4ef6 \U0001F529.bmp";
        var path = Path.Combine(folder, name);
        Parts.Write(path, Parts.Draw(1, false));
        using (var fitter = Parts.FitterOf(3))
        {
            fitter.AddFile(path);
            using (var model = fitter.Fit()) Check.Contains(model.Describe(), name);
            var missing = Check.Throws<TwinspectIOException>(() => fitter.AddFile(path + "\u00df"));
            Check.Contains(missing.Where, name + "\u00df");
        }
        File.Delete(path);
    }

    static void Texts_that_are_no_utf8_are_refused()
    {
        using (var options = new Options())
        {
            Check.Contains(Check.Throws<TwinspectArgumentException>(() => options.Set("backbone", "a\0b")).Message, "NUL");
            Check.Contains(Check.Throws<TwinspectArgumentException>(() => options.Set("backbone", "a\ud800")).Message, "surrogate");
        }
    }

    static void Disposed_objects_say_so(Model model)
    {
        var inspector = new Inspector(model);
        var result = new Result();
        result.Dispose();
        result.Dispose();
        Check.Throws<ObjectDisposedException>(() => inspector.Inspect(Parts.Good(1), result));
        Check.Throws<ObjectDisposedException>(() => { var gone = result.Summary; });
        inspector.Dispose();
        using (var other = new Result()) Check.Throws<ObjectDisposedException>(() => inspector.Inspect(Parts.Good(1), other));
        var options = new Options();
        options.Dispose();
        Check.Throws<ObjectDisposedException>(() => new Fitter(options));
    }

    static uint Score(Model model)
    {
        using (var inspector = new Inspector(model))
        using (var result = inspector.Inspect(Parts.Bad(100))) return Check.Bits(result.Summary.Score);
    }

    static void Model_file_gives_the_same_score(Model model, string folder)
    {
        var path = Path.Combine(folder, "part.twin");
        model.Save(path);
        var bytes = model.ToBytes();
        Check.That(bytes.SequenceEqual(File.ReadAllBytes(path)), "the file is the bytes");
        using (var options = Parts.SmallOptions())
        using (var loaded = Model.Load(path, options)) Check.Equal(Score(loaded), Score(model), "score of the loaded model");
        using (var loaded = Model.FromBytes(bytes)) Check.Equal(Score(loaded), Score(model), "score of the model from bytes");
        File.WriteAllText(path, "not a model");
        Check.Equal(Check.Throws<TwinspectIOException>(() => Model.Load(path)).Code, ErrorCode.Format, "code");
        File.Delete(path);
        Check.Equal(Check.Throws<TwinspectIOException>(() => Model.Load(path)).Code, ErrorCode.NotFound, "code");
        Check.Equal(Check.Throws<TwinspectIOException>(() => model.Save(Path.Combine(folder, "none", "part.twin"))).Code, ErrorCode.NotFound, "code");
    }

    static void Model_grows(Model model)
    {
        using (var fitter = new Fitter(model))
        {
            fitter.Add(Parts.Good(50));
            using (var grown = fitter.Fit()) Check.Equal(grown.Summary.ImageCount, model.Summary.ImageCount + 1, "pictures");
        }
    }

    static void Model_summary(Model model)
    {
        var summary = model.Summary;
        Check.Equal(summary.ImageCount, 12, "pictures");
        Check.Equal(summary.ImageWidth, Parts.Width, "width");
        Check.That(summary.Threshold > 0 && summary.PixelThreshold > 0, "there are thresholds");
        Check.Contains(model.Describe(), "efficientnet");
        var lead = model.LeadImage(0);
        Check.Equal(lead.Pixels.Length, lead.Width * lead.Height * 3, "bytes of the lead image");
        Check.That(lead.Pixels.Max() > 100 && lead.Pixels.Min() < 100, "the lead image shows something");
        Check.Throws<TwinspectArgumentException>(() => model.LeadImage(summary.GroupCount));
        Check.Throws<TwinspectArgumentException>(() => model.LeadImage(-1));
        using (var strict = model.WithThresholds(1.5f, float.NaN))
        {
            Check.Equal(strict.Summary.Threshold, 1.5f, "the new threshold");
            Check.Equal(strict.Summary.PixelThreshold, summary.PixelThreshold, "the threshold that was kept");
        }
    }

    static void Inspector_outlives_its_model()
    {
        var model = Parts.Fit();
        using (var inspector = new Inspector(model))
        using (var result = new Result())
        {
            model.Dispose();
            inspector.Inspect(Parts.Good(101), result);
            Check.Equal(result.Summary.Verdict, Verdict.Good, "verdict of a good part");
            Check.Equal(result.Regions().Count, 0, "regions of a good part");
            inspector.Inspect(Parts.Bad(102), result);
            Check.Equal(result.Summary.Verdict, Verdict.Defect, "verdict of a bad part");

            // What was found stays if a call fails.
            var score = Check.Bits(result.Summary.Score);
            Check.Throws<TwinspectArgumentException>(() => inspector.Inspect(new ImageView(IntPtr.Zero, 96, 80, PixelFormat.Gray8), result));
            Check.Equal(Check.Bits(result.Summary.Score), score, "the score after a failed call");
        }
    }

    static void Inspector_reads_files(Model model, string folder)
    {
        string path = Path.Combine(folder, "Teil \u00e4 \U0001F529.bmp"), maskPath = Path.Combine(folder, "mask.pgm");
        var part = Parts.Draw(105, true);
        Parts.Write(path, part);
        var mask = new byte[Parts.Width * Parts.Height];
        for (var i = mask.Length / 2; i < mask.Length; ++i) mask[i] = 1;
        var head = System.Text.Encoding.ASCII.GetBytes("P5 " + Parts.Width + " " + Parts.Height + " 255\n");
        File.WriteAllBytes(maskPath, head.Concat(mask).ToArray());
        using (var inspector = new Inspector(model))
        using (var expected = inspector.Inspect(Parts.View(part)))
        using (var masked = inspector.Inspect(Parts.View(part), new ImageView(mask, Parts.Width, Parts.Height, PixelFormat.Gray8)))
        using (var result = inspector.InspectFile(path))
        {
            Check.Equal(result.ToJson(), expected.ToJson(), "what was found in the file");
            inspector.InspectFile(path, result, maskPath);
            Check.Equal(result.ToJson(), masked.ToJson(), "what was found under the mask");
            Check.That(masked.ToJson() != expected.ToJson(), "the mask makes a difference");

            // What was found stays if a file cannot be read.
            File.Delete(maskPath);
            var missing = Check.Throws<TwinspectIOException>(() => inspector.InspectFile(path, result, maskPath));
            Check.Equal(missing.Code, ErrorCode.NotFound, "code");
            Check.Equal(missing.Where, maskPath, "where");
            Check.Equal(result.ToJson(), masked.ToJson(), "what was found before");
            File.WriteAllText(path, "no picture");
            Check.Equal(Check.Throws<TwinspectArgumentException>(() => inspector.InspectFile(path)).Code, ErrorCode.Image, "code of no picture");
            File.Delete(path);
            Check.Equal(Check.Throws<TwinspectIOException>(() => inspector.InspectFile(path)).Where, path, "where");
        }
    }

    static void Thresholds_change_the_verdict(Model model)
    {
        using (var inspector = new Inspector(model))
        using (var result = inspector.Inspect(Parts.Bad(102)))
        {
            var score = result.Summary.Score;
            inspector.SetThresholds(score * 2, score * 2);
            inspector.Inspect(Parts.Bad(102), result);
            Check.Equal(result.Summary.Verdict, Verdict.Good, "verdict below the new threshold");
            Check.Equal(result.Summary.Threshold, score * 2, "the threshold that was used");
            Check.Throws<TwinspectArgumentException>(() => inspector.SetThresholds(-1, 1));
            inspector.SetThresholds(float.NaN, float.NaN);
            inspector.Inspect(Parts.Bad(102), result);
            Check.Equal(result.Summary.Verdict, Verdict.Defect, "verdict by the model's own threshold");
        }
    }

    static void Timing_after_warm_up(Model model)
    {
        using (var inspector = new Inspector(model))
        using (var result = new Result())
        {
            inspector.WarmUp(PixelFormat.Bgr8, Parts.Width, Parts.Height);
            Check.Throws<TwinspectStateException>(() => { var none = inspector.Timing; });
            inspector.Inspect(Parts.Good(1), result);
            var timing = inspector.Timing;
            Check.That(timing.TotalMs > 0 && timing.BackboneMs > 0 && timing.BackboneMs <= timing.TotalMs, "stages take time");
            Check.Throws<TwinspectArgumentException>(() => inspector.WarmUp((PixelFormat)99, 10, 10));
        }
    }

    static void Dark_picture_is_undecided(Model model)
    {
        using (var inspector = new Inspector(model))
        using (var result = new Result())
        {
            Check.Throws<TwinspectStateException>(() => { var none = result.Health; });
            var dark = Parts.Draw(60, false);
            for (var i = 0; i < dark.Length; ++i) dark[i] /= 4;
            inspector.Inspect(Parts.View(dark), result);
            var health = result.Health;
            Check.Equal(result.Summary.Verdict, Verdict.Undecided, "verdict of a dark picture");
            Check.Equal(result.Summary.Health, health.Findings, "what is wrong");
            Check.That(health.Findings.HasFlag(HealthFindings.TooDark) && health.Brightness < health.BrightnessLow, "it is too dark");
            Check.That(health.LimitsKnown && health.Images == 12, "limits of twelve images");
            Check.That(health.Contrast > 0 && health.ContrastLow > 0 && health.Sharpness > 0 && health.SharpnessLow > 0, "numbers");
            Check.That(health.Black <= health.BlackHigh && health.Saturated <= health.SaturatedHigh, "shares within");
            Check.That(Math.Abs(health.Proportions - (float)Parts.Width / Parts.Height) < 1e-6f && health.ProportionsLow < health.ProportionsHigh,
                "proportions");
            Check.Contains(result.ToJson(), "too_dark");
            using (var options = new Options().Set("health", "report"))
            using (var reporting = new Inspector(model, options))
            {
                reporting.Inspect(Parts.View(dark), result);
                Check.Equal(result.Health.Findings, health.Findings, "reported all the same");
            }
        }
    }

    static void Good_parts_are_counted(Model model)
    {
        using (var inspector = new Inspector(model))
        using (var result = new Result())
        {
            for (var repeats = 0; repeats < 2; ++repeats)
            {
                inspector.Inspect(Parts.Good(61), result);
                Check.Equal(result.Summary.Verdict, Verdict.Good, "verdict");
                Check.Equal(result.Summary.Repeats, repeats, "repeats");
            }
            var drift = inspector.Drift;
            Check.Equal(drift.Parts, 2L, "good parts");
            Check.That(drift.Found == DriftFindings.None && drift.FoundAt == 0, "no drift of two parts");
            Check.That(drift.CusumLimit == 10 && drift.KsLeastP == 0.001 && drift.Window == 50, "constants");
            Check.That(drift.CusumAllowance > 0.5 && drift.References > 4 && double.IsNaN(drift.KsP), "numbers");
            inspector.ResetDrift();
            Check.Equal(inspector.Drift.Parts, 0L, "after the reset");
        }
        using (var fitter = Parts.FitterOf(3))
        using (var few = fitter.Fit())
        using (var inspector = new Inspector(few))
        {
            Check.Throws<TwinspectStateException>(() => { var none = inspector.Drift; });
            Check.Throws<TwinspectStateException>(() => inspector.ResetDrift());
        }
    }

    static void Threshold_from_scores()
    {
        var good = Enumerable.Range(0, 200).Select(i => 10f + i * 0.01f).ToArray();
        var threshold = Threshold.FromScores(good, 0.05);
        Check.Equal(threshold.FalseAlarms, (long)good.Count(score => score >= threshold.Value), "false alarms");
        Check.That(threshold.Value > 11 && threshold.RateLow < 0.05 && threshold.RateHigh > 0.05 && threshold.ImagesNeeded > 0, "the rate lies in its interval");
        var between = Threshold.FromScores(new[] { 1f, 2f, 8f, 9f }, 0, new[] { false, false, true, true });
        Check.Equal(between.Value, 4f, "the geometric middle of 2 and 8");
        Check.Throws<TwinspectArgumentException>(() => Threshold.FromScores(good, 0.05, new bool[3]));
        Check.Equal(Check.Throws<TwinspectArgumentException>(() => Threshold.FromScores(new float[0], 0.05)).Code, ErrorCode.TooFewImages, "code of no scores");
        Check.Equal(Check.Throws<TwinspectException>(() => Threshold.FromScores(new[] { 1f, float.NaN }, 0.05)).Code, ErrorCode.Numeric, "code of NaN");
    }
}

using System;
using System.Linq;
using Twinspect;

// What an inspection gives: map, mask, regions, runs, drawings, and pictures in every layout.
static class Results
{
    public static void Run(Model model)
    {
        Check.Run("result_regions_runs_mask_and_map_agree", () => Parts_agree(model));
        Check.Run("result_copies_stay_when_it_is_inspected_into_again", () => Copies_stay(model));
        Check.Run("result_render_draws_into_the_callers_pixels", () => Render_draws(model));
        Check.Run("result_registration_is_absent_where_nothing_was_moved", () => Registration_is_absent(model));
        Check.Run("views_of_the_same_picture_give_the_same_score", () => Views_are_the_same_picture(model));
        Check.Run("views_of_16_bit_and_float_give_one_score", () => Deep_views_are_the_same_picture(model));
        Check.Run("view_mask_says_what_counts", () => Mask_says_what_counts(model));
        Check.Run("view_crop_is_the_picture_cut_out", () => Crop_is_the_picture_cut_out(model));
        Check.Run("view_beyond_its_array_is_refused", View_beyond_its_array_is_refused);
        Check.Run("view_check_makes_the_librarys_checks", View_check);
        Check.Run("batch_is_its_pictures_one_by_one", () => Batch_is_its_pictures(model));
        Check.Run("batch_reports_each_picture_and_the_first_failure", () => Batch_reports(model));
    }

    static void Parts_agree(Model model)
    {
        using (var inspector = new Inspector(model))
        using (var result = inspector.Inspect(Parts.Bad(103)))
        {
            var map = result.Map();
            var mask = result.Mask();
            var regions = result.Regions();
            Check.That(regions.Count > 0, "a bad part has regions");
            Check.Equal(regions.Count, result.Summary.RegionCount, "regions");
            foreach (var region in regions)
            {
                long area = 0;
                float peak = 0;
                foreach (var run in region.Runs)
                {
                    for (var x = run.ColumnBegin; x <= run.ColumnEnd; ++x, ++area)
                    {
                        peak = Math.Max(peak, map[run.Row * Parts.Width + x]);
                        Check.Equal(mask.Pixels[run.Row * Parts.Width + x], (byte)255, "the mask in a region");
                        Check.That(x >= region.X && x < region.X + region.Width && run.Row >= region.Y && run.Row < region.Y + region.Height, "runs lie in the box");
                    }
                }
                Check.Equal(area, region.Area, "area");
                Check.Equal(peak, region.Peak, "peak");
            }
            Check.Equal(regions.Sum(region => region.Area), (long)mask.Pixels.Count(pixel => pixel == 255), "area of all regions");
            Check.Equal(regions.Sum(region => region.Runs.Count), result.Runs().Length, "runs of all regions");
            Check.Throws<TwinspectArgumentException>(() => result.CopyMap(new float[map.Length - 1]));
            Check.Throws<TwinspectArgumentException>(() => result.CopyMap(new float[0]));
            var strided = new float[Parts.Height * (Parts.Width + 2)];
            result.CopyMap(strided, (Parts.Width + 2) * sizeof(float));
            Check.Equal(strided[3 * (Parts.Width + 2) + 7], map[3 * Parts.Width + 7], "a value of the strided copy");
            Check.Contains(result.ToJson(), "\"verdict\":\"defect\"");
        }
    }

    static void Copies_stay(Model model)
    {
        using (var inspector = new Inspector(model))
        using (var result = inspector.Inspect(Parts.Bad(104)))
        {
            var map = result.Map();
            var regions = result.Regions();
            var runs = regions[0].Runs;
            var before = new { sum = map.Sum(), area = regions[0].Area, row = runs[0].Row, count = runs.Count };
            inspector.Inspect(Parts.Good(105), result);
            Check.Equal(result.Regions().Count, 0, "regions of the good part");
            Check.Equal(new { sum = map.Sum(), area = regions[0].Area, row = runs[0].Row, count = runs.Count }, before, "what was copied");
        }
    }

    static void Render_draws(Model model)
    {
        var part = Parts.Draw(106, true);
        using (var inspector = new Inspector(model))
        using (var result = inspector.Inspect(Parts.View(part)))
        {
            var drawn = new byte[part.Length];
            result.Render(Parts.View(part), Parts.View(drawn));
            Check.That(!drawn.SequenceEqual(part) && drawn.Any(value => value != 0), "something is drawn over the part");
            var elsewhere = new byte[10];
            Check.Throws<TwinspectArgumentException>(() => result.Render(Parts.View(part), new ImageView(elsewhere, 3, 1, PixelFormat.Rgb8)));
        }
    }

    static void Registration_is_absent(Model model)
    {
        using (var inspector = new Inspector(model))
        using (var result = inspector.Inspect(Parts.Good(1)))
        {
            if (result.Summary.Registered) Check.Equal(result.Registration.ToLead[8], 1.0, "the matrix's last number");
            else Check.Equal(Check.Throws<TwinspectStateException>(() => { var none = result.Registration; }).Code, ErrorCode.State, "code");
        }
    }

    static void Views_are_the_same_picture(Model model)
    {
        var bgr = Parts.Draw(107, true);
        var pixels = Parts.Width * Parts.Height;
        const int Row = 3 * Parts.Width;
        byte[] rgb = new byte[3 * pixels], bgra = new byte[4 * pixels], planes = new byte[3 * pixels];
        byte[] bottomUp = new byte[3 * pixels], padded = new byte[Parts.Height * (Row + 5)];
        for (var i = 0; i < pixels; ++i)
        {
            for (var channel = 0; channel < 3; ++channel)
            {
                rgb[3 * i + channel] = bgr[3 * i + 2 - channel];
                bgra[4 * i + channel] = bgr[3 * i + channel];
                planes[channel * pixels + i] = rgb[3 * i + channel];
            }
        }
        for (var y = 0; y < Parts.Height; ++y)
        {
            Array.Copy(bgr, y * Row, bottomUp, (Parts.Height - 1 - y) * Row, Row);
            Array.Copy(bgr, y * Row, padded, y * (Row + 5), Row);
        }
        using (var inspector = new Inspector(model))
        using (var result = new Result())
        {
            Func<ImageView, uint> score = view =>
            {
                inspector.Inspect(view, result);
                return Check.Bits(result.Summary.Score);
            };
            var expected = score(Parts.View(bgr));
            Check.Equal(score(new ImageView(rgb, Parts.Width, Parts.Height, PixelFormat.Rgb8)), expected, "RGB");
            Check.That(score(new ImageView(rgb, Parts.Width, Parts.Height, PixelFormat.Bgr8)) != expected, "colours matter");
            Check.Equal(score(new ImageView(bgra, Parts.Width, Parts.Height, PixelFormat.Bgra8)), expected, "BGRA");
            Check.Equal(score(new ImageView(planes, Parts.Width, Parts.Height, PixelFormat.Rgb8Planar)), expected, "planes in one array");
            byte[] red = planes.Take(pixels).ToArray(), green = planes.Skip(pixels).Take(pixels).ToArray(), blue = planes.Skip(2 * pixels).ToArray();
            Check.Equal(score(ImageView.Planar(red, green, blue, Parts.Width, Parts.Height)), expected, "planes in three arrays");
            Check.Equal(score(new ImageView(padded, Parts.Width, Parts.Height, PixelFormat.Bgr8, Row + 5)), expected, "padded rows");
            Check.Equal(score(new ImageView(bottomUp, Parts.Width, Parts.Height, PixelFormat.Bgr8, -Row, (Parts.Height - 1) * Row)), expected, "bottom-up");
            unsafe
            {
                fixed (byte* first = bottomUp)
                {
                    var top = new IntPtr(first + (Parts.Height - 1) * Row);
                    Check.Equal(score(new ImageView(top, Parts.Width, Parts.Height, PixelFormat.Bgr8, -Row)), expected, "bottom-up by pointer");
                }
                fixed (byte* first = planes)
                {
                    Check.Equal(score(new ImageView((IntPtr)first, Parts.Width, Parts.Height, PixelFormat.Rgb8Planar)), expected, "planes by one pointer");
                    Check.Equal(score(ImageView.Planar((IntPtr)first, (IntPtr)(first + pixels), (IntPtr)(first + 2 * pixels), Parts.Width, Parts.Height)),
                        expected, "planes by three pointers");
                }
            }
        }
    }

    static void Deep_views_are_the_same_picture(Model model)
    {
        var bgr = Parts.Draw(108, true);
        var gray = Enumerable.Range(0, bgr.Length / 3).Select(i => bgr[3 * i]).ToArray();
        var deep = gray.Select(value => (ushort)(value * 257)).ToArray();
        var twelve = gray.Select(value => (ushort)(value * 16)).ToArray();
        var real = gray.Select(value => value / 255f).ToArray();
        using (var inspector = new Inspector(model))
        using (var result = new Result())
        {
            Func<ImageView, float> score = view =>
            {
                inspector.Inspect(view, result);
                return result.Summary.Score;
            };
            var expected = score(new ImageView(gray, Parts.Width, Parts.Height, PixelFormat.Gray8));
            Action<float, string> near = (value, what) => Check.That(Math.Abs(value - expected) < 1e-3 * expected, what + ": " + value + " is near " + expected);
            near(score(new ImageView(deep, Parts.Width, Parts.Height, PixelFormat.Gray16)), "16 bit");
            near(score(new ImageView(real, Parts.Width, Parts.Height, PixelFormat.GrayF32)), "float");
            near(score(new ImageView(twelve, Parts.Width, Parts.Height, PixelFormat.Gray16).WithWhite(4080)), "12 bit");
            near(score(ImageView.Planar(deep, deep, deep, Parts.Width, Parts.Height)), "16-bit planes");
            real[5] = float.NaN;
            Check.Equal(Check.Throws<TwinspectArgumentException>(() => score(new ImageView(real, Parts.Width, Parts.Height, PixelFormat.GrayF32))).Code,
                ErrorCode.Image, "code of NaN");
        }
    }

    static void Mask_says_what_counts(Model model)
    {
        var pixels = new byte[Parts.Width * Parts.Height];
        var mask = new ImageView(pixels, Parts.Width, Parts.Height, PixelFormat.Gray8);
        using (var inspector = new Inspector(model))
        using (var result = inspector.Inspect(Parts.Bad(109)))
        {
            var expected = Check.Bits(result.Summary.Score);
            for (var i = 0; i < pixels.Length; ++i) pixels[i] = 1;
            inspector.Inspect(Parts.Bad(109), result, mask);
            Check.Equal(Check.Bits(result.Summary.Score), expected, "score with a mask of all");
            Array.Clear(pixels, 0, pixels.Length / 2);
            inspector.Inspect(Parts.Bad(109), result, mask);
            var map = result.Map();
            Check.Equal(map.Take(map.Length / 2).Max(), 0f, "the map outside of the mask");
            Check.That(map.Skip(map.Length / 2).Max() > 0, "the map goes on inside of it");
        }
    }

    static void Crop_is_the_picture_cut_out(Model model)
    {
        var bgr = Parts.Draw(110, true);
        int x = 8, y = 4, width = 64, height = 70;
        var cut = new byte[3 * width * height];
        for (var row = 0; row < height; ++row) Array.Copy(bgr, 3 * ((y + row) * Parts.Width + x), cut, 3 * row * width, 3 * width);
        using (var inspector = new Inspector(model))
        using (var cropped = inspector.Inspect(Parts.View(bgr).Crop(x, y, width, height)))
        using (var copied = inspector.Inspect(new ImageView(cut, width, height, PixelFormat.Bgr8)))
        {
            Check.Equal(Check.Bits(cropped.Summary.Score), Check.Bits(copied.Summary.Score), "score of a crop");
            Check.Equal(cropped.Summary.MapWidth, width, "width of its map");
        }
        Check.Throws<TwinspectArgumentException>(() => Parts.View(bgr).Crop(1, 0, Parts.Width, 1));
        Check.Throws<TwinspectArgumentException>(() => Parts.View(bgr).Crop(int.MaxValue, 0, int.MaxValue, 1));
        Check.Throws<TwinspectArgumentException>(() => Parts.View(bgr).Crop(0, -1, 1, 1));
    }

    static void View_beyond_its_array_is_refused()
    {
        var bytes = new byte[100];
        Action<int, int, long, long> refused = (width, height, stride, offset) =>
            Check.Throws<TwinspectArgumentException>(() => new ImageView(bytes, width, height, PixelFormat.Gray8, stride, offset));
        refused(10, 11, 0, 0);
        refused(10, 10, 0, 1);
        refused(10, 10, 11, 0);
        refused(10, 10, -10, 0);
        refused(10, 10, 0, -1);
        refused(10, 2, long.MaxValue, 0);
        refused(10, 2, long.MinValue, 0);
        refused(int.MaxValue, int.MaxValue, 0, 0);
        Check.Throws<TwinspectArgumentException>(() => new ImageView(bytes, 10, 10, PixelFormat.Rgb8Planar));
        Check.Throws<TwinspectArgumentException>(() => ImageView.Planar(bytes, bytes, new byte[99], 10, 10));
        // What just fits.
        new ImageView(bytes, 10, 10, PixelFormat.Gray8, -10, 90).Check();
        new ImageView(bytes, 7, 9, PixelFormat.Gray8, 11, 5).Check();
        new ImageView(new ushort[100], 10, 10, PixelFormat.Gray16).Check();
        Check.Throws<TwinspectArgumentException>(() => new ImageView(new ushort[100], 10, 10, PixelFormat.Gray16, 0, 1));
    }

    static void View_check()
    {
        var bytes = new byte[100];
        Action<ErrorCode, ImageView> refused = (code, view) => Check.Equal(Check.Throws<TwinspectArgumentException>(view.Check).Code, code, "code");
        refused(ErrorCode.ImageSize, new ImageView(bytes, 0, 10, PixelFormat.Gray8));
        refused(ErrorCode.ImageSize, new ImageView(bytes, -1, 10, PixelFormat.Gray8));
        refused(ErrorCode.Image, new ImageView(bytes, 10, 10, PixelFormat.Gray8, 9));
        refused(ErrorCode.InvalidArgument, new ImageView(bytes, 10, 10, (PixelFormat)99));
        refused(ErrorCode.Image, new ImageView(bytes, 10, 10, PixelFormat.Gray8).WithWhite(double.NaN));
    }

    static void Batch_is_its_pictures(Model model)
    {
        var images = Enumerable.Range(0, 5).Select(i => i % 2 == 0 ? Parts.Good((uint)i + 200) : Parts.Bad((uint)i + 200)).ToArray();
        var results = images.Select(image => new Result()).ToArray();
        var statuses = new ErrorCode[5];
        using (var inspector = new Inspector(model))
        {
            inspector.InspectBatch(images, results, null, statuses);
            for (var i = 0; i < 5; ++i)
            {
                using (var alone = inspector.Inspect(images[i])) Check.Equal(Check.Bits(results[i].Summary.Score), Check.Bits(alone.Summary.Score), "score " + i);
                Check.Equal(statuses[i], ErrorCode.Ok, "status " + i);
            }
            inspector.InspectBatch(new ImageView[0], new Result[0]);
            Check.Throws<TwinspectArgumentException>(() => inspector.InspectBatch(images, new Result[1]));
            Check.Equal(Check.Throws<TwinspectStateException>(() => inspector.InspectBatch(images.Take(2).ToArray(), new[] { results[0], results[0] })).Code,
                ErrorCode.Busy, "code of one result for two pictures");
            // After that failure it can be written again.
            inspector.Inspect(images[1], results[0]);
        }
        foreach (var result in results) result.Dispose();
    }

    static void Batch_reports(Model model)
    {
        var small = new ImageView(new byte[100], 10, 10, PixelFormat.Gray8, 9);
        var images = new[] { Parts.Good(1), small, Parts.Bad(2) };
        var left = Enumerable.Range(0, Parts.Width * Parts.Height).Select(i => i % Parts.Width < 10 ? (byte)1 : (byte)0).ToArray();
        var masks = new[] { null, null, new ImageView(left, Parts.Width, Parts.Height, PixelFormat.Gray8) };
        var results = images.Select(image => new Result()).ToArray();
        var statuses = new ErrorCode[3];
        using (var inspector = new Inspector(model))
        {
            var failure = Check.Throws<TwinspectArgumentException>(() => inspector.InspectBatch(images, results, masks, statuses));
            Check.Contains(failure.Where, "images[1]");
            Check.Equal(string.Join(" ", statuses), "Ok Image Ok", "statuses");
            Check.Equal(results[2].Map()[Parts.Width / 2], 0f, "the map outside of the mask");
            Check.Throws<TwinspectStateException>(() => results[1].Map());
        }
        foreach (var result in results) result.Dispose();
    }
}
